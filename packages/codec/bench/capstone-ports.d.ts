// What is used of two packages: the types of the one are not where its manifest says, the other has none.
declare module "capstone-wasm" {
  export const Const: { readonly CS_ARCH_ARM: number; readonly CS_MODE_ARM: number; readonly CS_MODE_THUMB: number };
  export class Capstone {
    constructor(arch: number, mode: number);
    setOption(option: number, value: number): number;
    disasm(code: Uint8Array, options: { readonly address: number }): { readonly length: number };
    close(): void;
  }
  export function loadCapstone(): Promise<void>;
}

declare module "@alexaltea/capstone-js" {
  interface Decoder {
    option(option: number, value: number): void;
    disasm(code: Uint8Array, address: number): { readonly length: number };
    close(): void;
  }
  export default function load(): Promise<{
    readonly ARCH_ARM: number;
    readonly MODE_ARM: number;
    readonly MODE_THUMB: number;
    readonly Capstone: new (arch: number, mode: number) => Decoder;
  }>;
}
