import type { Finding, InsnText, SeenSite, SiteKey, SiteModel, Transition } from "@cmodx/patching";
import { type JsonBytes, mostBytes } from "./json-bytes.js";
import type { LinedSite, Seen } from "./read-report.js";

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

/** What the JSON of a model's sites has in common, cut where they differ by more than the bytes of branches. */
interface Template {
  readonly parts: readonly Part[];
  /** What comes behind each part but the last: an index of {@link varying}, or one more for the target in a branch's text. */
  readonly gaps: readonly number[];
}

/** Bytes of JSON, and where in them the digits of branches' bytes belong. */
interface Part {
  readonly bytes: Uint8Array;
  readonly digits: readonly { readonly at: number; readonly branch: number }[];
}

/** What differs between sites of one model, in order of {@link SiteJson}'s switch; of the last three, between those that tables aim. */
const varying = ["address", "symbol", "offset", "key", "target", "targetSymbol"] as const;
const always = 3;
/** No name or text of a report has a zero. The last is inside a text. */
const gap = (index: number): string => `\u0000${index}`;
const aim = gap(varying.length);
const gaps = /"\\u0000([0-5])"|\\u0000(6)/;
/** As many characters as the digits that they stand for: a branch's index in the last ones. */
const marked = (branch: number): string => `\u0001\u0001${String(branch).padStart(6, "0")}`;
const digits = /\\u0001\\u0001(\d{6})/;

function templateOf(model: SiteModel): Template {
  const { site } = model;
  const branches = model.branches.map(({ text, target }, i) => ({
    bytes: marked(i),
    text: target === undefined ? text + aim : text,
  }));
  const cut = varying.slice(0, model.aimed ? varying.length : always).map((name, i) => [name, gap(i)]);
  const pieces = JSON.stringify({ ...model.with(site, branches), ...Object.fromEntries(cut) }).split(gaps);
  // Behind each part come what the pattern's two groups found, one of them nothing.
  return {
    parts: pieces.filter((_, i) => i % 3 === 0).map(partOf),
    gaps: pieces.filter((piece, i) => i % 3 !== 0 && piece !== undefined).map(Number),
  };
}

/** Of JSON in which `marked` says where digits belong. */
function partOf(json: string): Part {
  const pieces = json.split(digits);
  let text = pieces[0]!;
  const found: { at: number; branch: number }[] = [];
  for (let i = 1; i < pieces.length; i += 2) {
    found.push({ at: encode(text).length, branch: Number(pieces[i]) });
    text += `00000000${pieces[i + 1]!}`;
  }
  return { bytes: encode(text), digits: found };
}

/** Writes sites as JSON, byte for byte what `JSON.stringify` makes of them. */
export class SiteJson {
  readonly #out: JsonBytes;
  /** What a transition was judged as, by its verdicts: a kernel has thousands of sites of a few classes, which share them. */
  readonly #judged = new Map<Transition["verdicts"], Judged>();
  readonly #templates = new Map<SiteModel, Template | undefined>();

  constructor(out: JsonBytes) {
    this.#out = out;
  }

  /**
   * What writes into each gap. Of a list, because what a kind of sites is the first to have would otherwise undo what the host has
   * compiled for those before it.
   */
  static readonly #writers: readonly ((json: SiteJson, seen: SeenSite) => void)[] = [
    (json, { address }) => json.#out.number(address),
    (json, seen) => json.#symbol(seen),
    (json, { offset }) => json.#numberOrNull(offset),
    (json, { key }) => json.#key(key),
    (json, { target }) => json.#numberOrNull(target),
    (json, { targetSymbol }) => json.#textOrNull(targetSymbol),
    (json, { target }) => json.#out.hex(target ?? 0),
  ];

  /** A site that an audit shows. */
  writeSeen(seen: Seen): void {
    const template = seen.model && this.#template(seen.model);
    if (template === undefined) this.write(seen.site);
    else this.#fill(template, seen.model!, seen as SeenSite);
  }

  /** Undefined where a hostile name makes it larger than {@link JsonBytes} takes at once. */
  #template(model: SiteModel): Template | undefined {
    if (!this.#templates.has(model)) {
      const template = templateOf(model);
      const fits = template.parts.every(({ bytes }) => bytes.length <= mostBytes);
      this.#templates.set(model, fits ? template : undefined);
    }
    return this.#templates.get(model);
  }

  #fill({ parts, gaps }: Template, model: SiteModel, seen: SeenSite): void {
    const out = this.#out;
    const { words } = seen;
    for (let i = 0; i < parts.length; i++) {
      const { bytes, digits } = parts[i]!;
      out.encoded(bytes);
      for (const { at, branch } of digits) out.digits(bytes.length - at, model.bytesOf(words[branch]!));
      const gap = gaps[i];
      if (gap === undefined) return;
      SiteJson.#writers[gap]!(this, seen);
    }
  }

  #symbol(seen: SeenSite): void {
    const { name } = seen;
    if (name === undefined || !this.#out.plain(name.bytes, name.start, name.end)) this.#textOrNull(seen.symbol);
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
    this.#textOrNull(text);
  }

  #textOrNull(text: string | null): void {
    if (text === null) this.#out.encoded(name.none);
    else this.#out.string(text);
  }

  #number(before: Uint8Array, number: number | null): void {
    this.#out.encoded(before);
    this.#numberOrNull(number);
  }

  #numberOrNull(number: number | null): void {
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
