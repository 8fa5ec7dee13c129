import { ARCHITECTURES, type Architecture, directTarget, format, type Insn } from "@cmodx/codec";
import type { Edit } from "../edit.js";
import { cheapestSound } from "../protocols/choice.js";
import { ruling } from "../rules/check.js";
import type { Rule } from "../rules/rules.js";
import { straddlesAt } from "./boundaries.js";
import { codeHex } from "./image-code.js";
import { isFixedForm } from "./linux-forms.js";
import type { InsnText, Transition } from "./report.js";

/** An instruction that Linux writes or replaces. */
export interface Written {
  readonly insn: Insn;
  /** Where the branch goes, for one that does. */
  readonly target?: number | undefined;
  /** For a branch that is only linked when a module is loaded: the name of its target. The bytes are then not known. */
  readonly link?: string | undefined;
}

/** As `written` in one shape, which is cheap for the host. */
export function written(insn: Insn, target?: number, link?: string): Written {
  return { insn, target, link };
}

/** A change that Linux makes. */
export interface Change {
  readonly name: string;
  readonly from: Written;
  readonly to: Written;
}

type Answer = Pick<Transition, "verdict" | "rule" | "protocol" | "verdicts">;

/**
 * Judges changes as `check` does, once for each class of them. A kernel has 45,000 sites and a few dozen classes: the verdict
 * does not depend on the address or the target themselves.
 */
export class TransitionJudge {
  readonly architecture: Architecture;
  readonly rules: Map<string, Pick<Rule, "title" | "reference">> = new Map();
  /** By the kind before, then by the rest of the class. */
  readonly #answers = new Map<number, Map<number, Answer>>();
  readonly #classes = new EditClasses();
  /** The last few forms: a site's changes lead to and fro between two or three. */
  readonly #recent: Form[] = [];
  #next = 0;
  readonly #order: "little" | "big";
  /** By word. */
  readonly #fixed = new Map<number, Told>();
  readonly #branches = new Map<Insn["encoding"], Map<number, string>>();

  constructor(architecture: Architecture, order: "little" | "big") {
    this.architecture = architecture;
    this.#order = order;
  }

  judge({ name, from, to }: Change): Transition {
    const [before, after] = [this.#form(from), this.#form(to)];
    const { verdict, rule, protocol, verdicts } = this.#answer(before, after);
    return { name, from: before.text, to: after.text, verdict, rule, protocol, verdicts };
  }

  /** An instruction in a report. */
  text(written: Written): InsnText {
    return this.#form(written).text;
  }

  #form(written: Written): Form {
    for (const form of this.#recent) if (form.written === written) return form;
    const told = isFixedForm(written.insn) ? this.#fixedForm(written) : this.#tell(written);
    const form = { written, text: told.text, kind: told.kind };
    this.#recent[this.#next] = form;
    this.#next = (this.#next + 1) % 4;
    return form;
  }

  #fixedForm(written: Written): Told {
    const { word } = written.insn;
    let told = this.#fixed.get(word);
    if (told === undefined) {
      told = this.#tell(written);
      this.#fixed.set(word, told);
    }
    return told;
  }

  #tell(written: Written): Told {
    return { text: this.#text(written), kind: this.#classes.kind(written.insn) };
  }

  #text({ insn, target, link }: Written): InsnText {
    if (link !== undefined) return { bytes: null, text: relocatedText(insn, link) };
    const text = target === undefined ? format(insn) : this.#branchText(insn, target);
    return { bytes: codeHex(insn, this.#order), text };
  }

  /** A branch's text says where it goes, not where it is: call sites of one function share it. */
  #branchText(insn: Insn, target: number): string {
    if (insn.isa === "a32" ? insn.word >>> 28 !== always : insn.cond !== "al") return format(insn);
    let texts = this.#branches.get(insn.encoding);
    if (texts === undefined) {
      texts = new Map();
      this.#branches.set(insn.encoding, texts);
    }
    const text = texts.get(target) ?? format(insn);
    texts.set(target, text);
    return text;
  }

  #answer(before: Form, after: Form): Answer {
    const { insn } = before.written;
    const edit: Edit = { isa: insn.isa, address: insn.address, from: insn, to: after.written.insn };
    let answers = this.#answers.get(before.kind);
    if (answers === undefined) {
      answers = new Map();
      this.#answers.set(before.kind, answers);
    }
    const key = this.#classes.of(edit, before.kind, after.kind);
    let answer = answers.get(key);
    if (answer === undefined) {
      const { verdict, rule } = ruling(edit, this.architecture);
      this.rules.set(rule.id, { title: rule.title, reference: rule.reference });
      const verdicts = Object.fromEntries(
        ARCHITECTURES.map((architecture) => [architecture, ruling(edit, architecture).verdict]),
      ) as Transition["verdicts"];
      const protocol = verdict === "invalid" ? undefined : cheapestSound(edit, this.architecture, anyCores);
      answer = { verdict, rule: rule.id, protocol: protocol ?? null, verdicts };
      answers.set(key, answer);
    }
    return answer;
  }
}

/** Which halfwords of a word a change changes: rules ask for it, and a branch to the same target may answer otherwise elsewhere. */
export function changedHalves(from: number, to: number): number {
  const changed = from ^ to;
  return (changed >>> 16 === 0 ? 0 : 1) + ((changed & 0xffff) === 0 ? 0 : 2);
}

/** The least that concurrency needs: which protocol is the cheapest does not depend on more. */
const anyCores = 2;

/** The condition of A32 words that have `AL`. */
const always = 14;

/** What is shown of an instruction, and its number of {@link EditClasses.kind}. */
interface Told {
  readonly text: InsnText;
  readonly kind: number;
}

interface Form extends Told {
  readonly written: Written;
}

/** A number for each value seen, from 0 up. */
class Numbering<Value> {
  readonly #numbers = new Map<Value, number>();

  of(value: Value): number {
    let number = this.#numbers.get(value);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(value, number);
    }
    return number;
  }
}

const statuses = ["ok", "undefined", "unpredictable", "unallocated"] as const;

/** Numbers edits of one kind before by everything else that a rule asks for: two edits of one class get one answer. */
class EditClasses {
  readonly #encodings = new Numbering<Insn["encoding"]>();
  readonly #conditions = new Numbering<Insn["cond"]>();
  readonly #kinds = new Numbering<number>();

  of({ isa, address, from, to }: Edit, kindFrom: number, kindTo: number): number {
    const halves = from.size === to.size ? changedHalves(from.word, to.word) : 4;
    const mixes = kindFrom !== kindTo && from.cond !== to.cond && directTarget(from) !== directTarget(to) ? 1 : 0;
    const boundaries = straddlesAt(address, Math.max(from.size, to.size)).length;
    const where = (isa === "a32" ? 0 : 1) + 2 * (address & 3);
    const what = (kindTo * 5 + halves) * 2 + mixes;
    return (what * 8 + where) * 5 + boundaries;
  }

  /** From 0 up: a few hundred in a kernel. */
  kind(insn: Insn): number {
    // The top of an A32 word is its condition, or part of what has none.
    const condition = insn.isa === "a32" ? insn.word >>> 28 : this.#conditions.of(insn.cond);
    return this.#kinds.of((this.#encodings.of(insn.encoding) * 4 + statuses.indexOf(insn.status)) * 16 + condition);
  }
}

/** A branch that is not linked yet, with its target's name. */
function relocatedText(insn: Insn, target: string): string {
  return `${format(insn).split(/\s/)[0]} ${target}`;
}
