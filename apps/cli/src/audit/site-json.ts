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
const hex = /^[0-9a-f]+$/;
const comma = 0x2c;
const brace = 0x7d;
const bracket = 0x5d;

interface Judged extends Pick<Transition, "verdict" | "rule" | "protocol" | "verdicts"> {
  readonly bytes: Uint8Array;
}

/** A transition as JSON, to be written of others that differ from it in the bytes of their instructions alone. */
class Pattern {
  readonly #transition: Transition;
  #json: Uint8Array | undefined;
  #from = 0;
  #to = 0;

  constructor(transition: Transition) {
    this.#transition = transition;
  }

  fits({ name: title, from, to, verdict, rule, protocol, verdicts }: Transition): boolean {
    const own = this.#transition;
    return (
      own.name === title &&
      own.from.text === from.text &&
      own.to.text === to.text &&
      own.verdicts === verdicts &&
      own.verdict === verdict &&
      own.rule === rule &&
      own.protocol === protocol &&
      sameLength(own.from.bytes, from.bytes) &&
      sameLength(own.to.bytes, to.bytes)
    );
  }

  get json(): Uint8Array {
    this.#json ??= this.#made();
    return this.#json;
  }

  /** Of the JSON, how much begins with the bytes of the instruction before, and of the one after. */
  get from(): number {
    return this.json.length - this.#from;
  }

  get to(): number {
    return this.json.length - this.#to;
  }

  #made(): Uint8Array {
    const { name: title, from } = this.#transition;
    const before = `{"name":${JSON.stringify(title)},"from":{"bytes":"`;
    const between = `${from.bytes}","text":${JSON.stringify(from.text)}},"to":{"bytes":"`;
    this.#from = encode(before).length;
    this.#to = encode(`${before}${between}`).length;
    return encode(JSON.stringify(this.#transition));
  }
}

/** Two runs of bytes in hex, as long as each other. */
function sameLength(one: string | null, other: string | null): boolean {
  return one !== null && other !== null && one.length === other.length && hex.test(one) && hex.test(other);
}

/** Writes sites as JSON, byte for byte what `JSON.stringify` makes of them. */
export class SiteJson {
  readonly #out: JsonBytes;
  /** By its position at a site, the last transition. */
  readonly #last: Pattern[] = [];
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
      this.#transitionAt(i, transition);
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

  /** Call sites differ in nothing but the bytes of their branches: what was written of the last one is written again, with other bytes. */
  #transitionAt(i: number, transition: Transition): void {
    const last = this.#last[i];
    if (last === undefined || !last.fits(transition)) {
      this.#last[i] = new Pattern(transition);
      this.#transition(transition);
    } else {
      this.#out.encoded(last.json);
      this.#out.replace(last.from, transition.from.bytes!);
      this.#out.replace(last.to, transition.to.bytes!);
    }
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
