import { LineDamage, type LineReader } from "./line-reader.js";

/** What a line program is run with. @see DWARF 5 section 6.2.4 */
export interface LineHeader {
  readonly version: number;
  /** Where the program begins and ends, in bytes from the section's start. */
  readonly start: number;
  readonly end: number;
  readonly minimumLength: number;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  /** How many operands each standard opcode has, the first being opcode 1. */
  readonly operandCounts: Uint8Array;
  /** The path of a number in the program, as far as the header says it; absolute where the compiler wrote it so. */
  readonly file: (number: number) => string;
}

/** Strings that a header refers to. */
export interface LineStrings {
  line(offset: number): string;
  debug(offset: number): string;
}

const content = { path: 1, directory: 2 } as const;
const forms = {
  block: 0x09,
  string: 0x08,
  strp: 0x0e,
  udata: 0x0f,
  lineStrp: 0x1f,
  data1: 0x0b,
  data2: 0x05,
  data4: 0x06,
  data8: 0x07,
  data16: 0x1e,
} as const;

/** Reads the header at the reader's place, and leaves the reader at the program. Versions 2 to 5. */
export function readLineHeader(reader: LineReader, strings: LineStrings): LineHeader | undefined {
  const length = reader.u32();
  // A 64-bit table has 0xffffffff here; no 32-bit ARM file has one.
  if (length >= 0xfffffff0) throw new LineDamage(`a unit of ${length} bytes`);
  const end = reader.at + length;
  if (end > reader.size) throw new LineDamage("a unit that ends behind its section");
  const version = reader.u16();
  if (version < 2 || version > 5) {
    reader.at = end;
    return undefined;
  }
  if (version === 5) reader.skip(2);
  const start = reader.u32() + reader.at;
  const minimumLength = reader.u8();
  if (version >= 4) reader.skip(1);
  reader.skip(1);
  const lineBase = reader.i8();
  const lineRange = reader.u8();
  const opcodeBase = reader.u8();
  if (lineRange === 0 || opcodeBase === 0 || start > end) throw new LineDamage("a header that makes no sense");
  const operandCounts = reader.bytes(opcodeBase - 1);
  const file = version === 5 ? filesOf5(reader, strings) : filesOf4(reader);
  reader.at = start;
  return { version, start, end, minimumLength, lineBase, lineRange, opcodeBase, operandCounts, file };
}

type Files = LineHeader["file"];

/** Directory 0 is where the compiler ran, which the header does not say; files count from 1. */
function filesOf4(reader: LineReader): Files {
  const directories = [""];
  for (let name = reader.text(); name !== ""; name = reader.text()) directories.push(name);
  const files: { name: string; directory: number }[] = [];
  for (let name = reader.text(); name !== ""; name = reader.text()) {
    files.push({ name, directory: reader.uleb() });
    reader.uleb();
    reader.uleb();
  }
  return (number) => {
    const found = files[number - 1];
    return found === undefined ? "" : joined(directories[found.directory] ?? "", found.name);
  };
}

function filesOf5(reader: LineReader, strings: LineStrings): Files {
  const directories = entries(reader, strings);
  const files = entries(reader, strings);
  const directory = (index: number): string => {
    const path = directories[index]?.path() ?? "";
    return index === 0 ? path : joined(directories[0]?.path() ?? "", path);
  };
  return (number) => {
    const found = files[number];
    return found === undefined ? "" : joined(directory(found.directory), found.path());
  };
}

/** A path is read when it is asked for: most of a unit's files have no line that anybody wants. */
interface Entry {
  readonly path: () => string;
  readonly directory: number;
}

function entries(reader: LineReader, strings: LineStrings): Entry[] {
  const format = Array.from({ length: reader.u8() }, () => [reader.uleb(), reader.uleb()] as const);
  const count = reader.uleb();
  if (format.length === 0 && count > 0) throw new LineDamage("a list without a format");
  if (!(count <= reader.limit - reader.at)) throw new LineDamage(`a list of ${count}`);
  return Array.from({ length: count }, () => {
    let [path, directory] = [nothing, 0];
    for (const [type, form] of format) {
      const value = readForm(reader, strings, form);
      if (type === content.path && typeof value === "function") path = value;
      if (type === content.directory && typeof value === "number") directory = value;
    }
    return { path, directory };
  });
}

const nothing = (): string => "";

function readForm(reader: LineReader, strings: LineStrings, form: number): (() => string) | number {
  switch (form) {
    case forms.string: {
      const text = reader.text();
      return () => text;
    }
    case forms.lineStrp: {
      const offset = reader.u32();
      return () => strings.line(offset);
    }
    case forms.strp: {
      const offset = reader.u32();
      return () => strings.debug(offset);
    }
    case forms.udata:
      return reader.uleb();
    case forms.data1:
      return reader.u8();
    case forms.data2:
      return reader.u16();
    case forms.data4:
      return reader.u32();
    case forms.data8:
      reader.skip(8);
      return 0;
    case forms.data16:
      reader.skip(16);
      return 0;
    case forms.block:
      reader.skip(reader.uleb());
      return 0;
    default:
      throw new LineDamage(`form 0x${form.toString(16)}`);
  }
}

function joined(directory: string, name: string): string {
  return name.startsWith("/") || directory === "" ? name : `${directory}/${name}`;
}
