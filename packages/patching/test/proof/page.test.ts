import {
  type Edit,
  editOf,
  PROPERTY_NAMES,
  PROTOCOL_NAMES,
  PROTOCOLS,
  type ProtocolName,
  prove,
} from "@cmodx/patching";
import { expect, test } from "vitest";

// The page of proofs is what `prove` says, in a table: `npx vitest run packages/patching -u` writes it anew.

const COLUMNS: readonly (readonly [title: string, edit: Edit])[] = [
  ["A32 `nop` to `b`", editOf({ isa: "a32", address: 0x8000, from: "nop", to: "b 0x9000" })],
  ["A32 `add sp` to `bl`", editOf({ isa: "a32", address: 0x8000, from: "add sp, sp, #4", to: "bl 0x9000" })],
  ["T16 `nop` to `b.n`", editOf({ isa: "t32", address: 0x8000, from: "nop", to: "b.n 0x8100" })],
  ["T32 `nop.w` to `b.w`, aligned", editOf({ isa: "t32", address: 0x8000, from: "nop.w", to: "b.w 0x9000" })],
  ["T32 `nop.w` to `b.w`, across a word", editOf({ isa: "t32", address: 0x8002, from: "nop.w", to: "b.w 0x9000" })],
  ["T16 `nop` to a far `b`", editOf({ isa: "t32", address: 0x8000, from: "nop", to: "b.w 0x19000" })],
  ["T32 `b.w` to `b.w`, one half", editOf({ isa: "t32", address: 0x8000, from: "b.w 0x8100", to: "b.w 0x8200" })],
  ["T32 `bl` to `bl`, both halves", editOf({ isa: "t32", address: 0x8000, from: "bl 0x8100", to: "bl 0xa200" })],
];

/** Where an island and a literal may be. */
const PLACES = { island: 0x8300, literal: 0x8400 };

function cells(protocol: ProtocolName, edit: Edit): string[] {
  if (PROTOCOLS[protocol].refuses?.(edit, PLACES) !== undefined) return PROPERTY_NAMES.map(() => "-");
  return prove(edit, protocol, { ...PLACES, properties: PROPERTY_NAMES }).properties.map(({ verdict }) => verdict);
}

function rows(): string[] {
  return PROTOCOL_NAMES.flatMap((protocol) => {
    const columns = COLUMNS.map(([, edit]) => cells(protocol, edit));
    return PROPERTY_NAMES.map((property, i) => {
      return `| \`${protocol}\` | ${property} | ${columns.map((column) => column[i]).join(" | ")} |`;
    });
  });
}

test("the page of proofs says what the proofs say", async () => {
  const page = [
    "# Proofs",
    "",
    "What `cmodx prove` says of each protocol, with one core that runs through the site twice and is interrupted at any point.",
    "`-` stands where a protocol is no way to make the edit. ARMv7's list. The [protocols](protocols.md) page says what each step is for.",
    "",
    `| protocol | property | ${COLUMNS.map(([title]) => title).join(" | ")} |`,
    `| --- | --- | ${COLUMNS.map(() => "---").join(" | ")} |`,
    ...rows(),
    "",
  ].join("\n");
  await expect(page).toMatchFileSnapshot("../../../../docs/proofs.md");
});
