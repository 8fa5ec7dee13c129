import type { Finding, InsnText, SiteKey, Transition } from "@cmodx/patching";
import type { JsonBytes } from "./json-bytes.js";
import type { LinedSite } from "./read-report.js";

const encoder = new TextEncoder();
const encode = (json: string): Uint8Array => encoder.encode(json);

/** What stands between the values of a site: the names of its fields, in the order of a report. */
const name = {
  kind: encode('{"kind":'),
  address: encode(',"address":'),
  section: encode(',"section":'),
  isa: encode(',"isa":'),
  bytes: encode(',"bytes":'),
  text: encode(',"text":'),
  symbol: encode(',"symbol":'),
  offset: encode(',"offset":'),
  key: encode(',"key":'),
  target: encode(',"target":'),
  targetSymbol: encode(',"targetSymbol":'),
  straddles: encode(',"straddles":'),
  transitions: encode(',"transitions":['),
  findings: encode('],"findings":['),
  id: encode('{"id":'),
  level: encode(',"level":'),
  message: encode(',"message":'),
  keySymbol: encode('{"symbol":'),
  likely: encode(',"likely":'),
  init: encode(',"init":'),
  true: encode("true"),
  false: encode("false"),
  file: encode(',"file":'),
  line: encode(',"line":'),
  transition: encode('{"name":'),
  from: encode(',"from":'),
  to: encode(',"to":'),
  insn: encode('{"bytes":'),
  none: encode("null"),
  empty: encode("[]"),
} as const;
const comma = 0x2c;
const brace = 0x7d;
const bracket = 0x5d;

interface Judged extends Pick<Transition, "verdict" | "rule" | "protocol" | "verdicts"> {
  readonly bytes: Uint8Array;
}

/** Writes sites as JSON, byte for byte what `JSON.stringify` makes of them. */
export class SiteJson {
  readonly #out: JsonBytes;
  /** What a transition was judged as, by its verdicts: a kernel has thousands of sites of a few classes, which share them. */
  readonly #judged = new Map<Transition["verdicts"], Judged>();

  constructor(out: JsonBytes) {
    this.#out = out;
  }

  write(site: LinedSite): void {
    const out = this.#out;
    out.encoded(name.kind);
    out.string(site.kind);
    out.encoded(name.address);
    out.number(site.address);
    this.#text(name.section, site.section);
    this.#text(name.isa, site.isa);
    this.#text(name.bytes, site.bytes);
    this.#text(name.text, site.text);
    this.#text(name.symbol, site.symbol);
    this.#number(name.offset, site.offset);
    out.encoded(name.key);
    this.#key(site.key);
    this.#number(name.target, site.target);
    this.#text(name.targetSymbol, site.targetSymbol);
    out.encoded(name.straddles);
    if (site.straddles.length === 0) out.encoded(name.empty);
    else out.value(site.straddles);
    out.encoded(name.transitions);
    site.transitions.forEach((transition, i) => {
      if (i > 0) out.byte(comma);
      this.#transition(transition);
    });
    out.encoded(name.findings);
    site.findings.forEach((finding, i) => {
      if (i > 0) out.byte(comma);
      this.#finding(finding);
    });
    out.byte(bracket);
    if (site.file !== undefined) this.#text(name.file, site.file);
    if (site.line !== undefined) this.#number(name.line, site.line);
    out.byte(brace);
  }

  #transition(transition: Transition): void {
    const out = this.#out;
    out.encoded(name.transition);
    out.string(transition.name);
    out.encoded(name.from);
    this.#insn(transition.from);
    out.encoded(name.to);
    this.#insn(transition.to);
    out.encoded(this.#answer(transition));
  }

  #insn({ bytes, text }: InsnText): void {
    this.#out.encoded(name.insn);
    if (bytes === null) this.#out.encoded(name.none);
    else this.#out.string(bytes);
    this.#out.encoded(name.text);
    this.#out.string(text);
    this.#out.byte(brace);
  }

  /** From the verdict on. */
  #answer({ verdict, rule, protocol, verdicts }: Transition): Uint8Array {
    const known = this.#judged.get(verdicts);
    if (known?.verdict === verdict && known.rule === rule && known.protocol === protocol) return known.bytes;
    const bytes = encode(`,${JSON.stringify({ verdict, rule, protocol, verdicts }).slice(1)}`);
    this.#judged.set(verdicts, { verdict, rule, protocol, verdicts, bytes });
    return bytes;
  }

  #text(before: Uint8Array, text: string | null): void {
    this.#out.encoded(before);
    if (text === null) this.#out.encoded(name.none);
    else this.#out.string(text);
  }

  #number(before: Uint8Array, number: number | null): void {
    this.#out.encoded(before);
    if (number === null) this.#out.encoded(name.none);
    else this.#out.number(number);
  }

  #boolean(before: Uint8Array, value: boolean): void {
    this.#out.encoded(before);
    this.#out.encoded(value ? name.true : name.false);
  }

  #key(key: SiteKey | null): void {
    if (key === null) {
      this.#out.encoded(name.none);
      return;
    }
    this.#text(name.keySymbol, key.symbol);
    this.#number(name.address, key.address);
    this.#text(name.section, key.section);
    this.#boolean(name.likely, key.likely);
    this.#boolean(name.init, key.init);
    this.#out.byte(brace);
  }

  #finding({ id, level, message }: Finding): void {
    this.#text(name.id, id);
    this.#text(name.level, level);
    this.#text(name.message, message);
    this.#out.byte(brace);
  }
}
