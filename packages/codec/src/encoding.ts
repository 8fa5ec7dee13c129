import { compileTest, type Test } from "./clause.js";
import { DecodeRow, type Isa } from "./decode-row.js";
import type { ItState } from "./it-state.js";
import type { Profile } from "./profile.js";
import { Template } from "./template.js";

export type { Isa } from "./decode-row.js";

/** How an instruction branches; `table` is TBB/TBH, `load` a load into PC, `return` an exception return. */
export type BranchKind = "b" | "bl" | "blx" | "bx" | "bxj" | "cbz" | "alu" | "load" | "table" | "return" | "trap";

/** What a row says besides its pattern and its syntax. Conditions are in the language of clause.ts. */
export interface EncodingSpec {
  /** Holds when a word is this instruction; otherwise the manual's "SEE", a less specific row. */
  readonly only?: string;
  readonly undefined?: string;
  /** Alternatives joined by `||` are reasons of their own. */
  readonly unpredictable?: string;
  /** Syntax of a profile where it differs from the manual's. */
  readonly llvm?: string;
  readonly gnu?: string;
  readonly preUal?: string;
  /**
   * Other texts of a profile for some words of the row: profile, condition, syntax. The condition's `field == number`
   * parts decide the fields that the syntax leaves out.
   */
  readonly aliases?: readonly (readonly [profile: Profile, when: string, syntax: string])[];
  /** Fields that no text shows, as `field == number`: what the assembler writes there. */
  readonly implied?: string;
  /** Some words of this row are rows with a name of their own (NOP of HINT): the same instruction, said more plainly. */
  readonly hasNames?: boolean;
  /** Inside an IT block no operand may be left out: the short line is another row's. */
  readonly fullInIt?: boolean;
  /** Further spellings the assembler takes. */
  readonly also?: readonly string[];
  /** First architecture version, when it is not the group's. */
  readonly arch?: string;
  /** Extension the encoding belongs to: `MP`, `Security`, `Virtualization`, `Divide`, `VFPv3`, `AdvSIMD`, … */
  readonly extension?: string;
  /** Flags written, when the S field is 1 or there is none: a subset of `NZCVQ` and `GE`. */
  readonly flags?: string;
  /** Flags read besides those of the condition. */
  readonly readsFlags?: string;
  /** Fields of core registers that are read, or written, where the field's name does not say it. */
  readonly reads?: string;
  readonly writes?: string;
  /** `load` or `store`, bytes, then `ordered`, `exclusive`, `unprivileged`, `float`: `load 4 exclusive`. */
  readonly memory?: string;
  readonly branch?: BranchKind;
  /** Only useful, or only allowed, above PL0. */
  readonly privileged?: boolean;
  /** Kind for the architecture's CMODX lists: `B`, `NOP`, `BL.hw1 BL.hw2`, … */
  readonly cmodx?: string;
}

/**
 * One encoding of one instruction: a row of the table. What the row says is read, and compiled, when it is first asked for:
 * most programs use few of the rows.
 *
 * @example
 * ```ts
 * const branch = encoding("t32", "B_T4");
 * [branch.diagram, branch.syntax]; // ["11110 S imm10 10 J1 1 J2 imm11", "b{c}{.w} <label(S:J1:J2:imm10:imm11*2)>"]
 * branch.arch; // "v6T2"
 * ```
 */
export class Encoding extends DecodeRow<Says, Lines> {
  /** Written down, because a file that is made small has short names. */
  static override readonly name: string = "Encoding";
  declare protected readonly part: Part;

  // Without a constructor of its own V8 makes an array of the arguments for each of the many rows.
  constructor(part: Part, index: number) {
    super(part, index);
  }

  private compiledLines(): Lines {
    this.lines ??= new Lines();
    return this.lines;
  }

  /** The part of the manual's table it is from. */
  get group(): string {
    return this.part.title;
  }

  /** The assembler syntax of the manual. */
  get syntax(): string {
    return this.says.syntax;
  }

  get spec(): EncodingSpec {
    return this.says.spec;
  }

  /**
   * A part of `spec` alone: for what is asked of rows of which little else is.
   *
   * @param name - which part
   */
  fact<K extends keyof EncodingSpec>(name: K): EncodingSpec[K] {
    return this.says.get(name);
  }

  /** First architecture version with this encoding: `v4`, `v6T2`, `v7`, `v8`. */
  get arch(): string {
    return this.spec.arch ?? this.part.arch;
  }

  get extension(): string {
    return this.spec.extension ?? this.part.extension ?? "";
  }

  /** Whether the condition of the instruction is a field of the word. */
  get hasCond(): boolean {
    return this.pattern.fields.has("cond");
  }

  /**
   * The syntax of a profile.
   *
   * @param profile - how instructions are printed
   */
  template(profile: Profile): Template {
    const known = this.compiledLines();
    const made = known[profile];
    if (made !== undefined) return made;
    const own = profile === "ual" ? undefined : this.fact(profile);
    // Divided syntax has the condition before the S.
    const divided = profile === "preUal" && this.isa === "a32";
    const template = this.compiled(own ?? (divided ? this.syntax.replace("{s}{c}", "{c}{s}") : this.syntax));
    known[profile] = template;
    return template;
  }

  /**
   * The syntax in which a profile prints a word: an alias where one fits.
   *
   * @param profile - how instructions are printed
   * @param word - one of this encoding
   * @param it - the IT state before it
   */
  templateFor(profile: Profile, word: number, it: ItState): Template {
    for (const alias of this.aliases) if (alias.profile === profile && alias.test(word, it)) return alias.template;
    return this.template(profile);
  }

  get aliases(): readonly Alias[] {
    const known = this.compiledLines();
    known.aliases ??= (this.fact("aliases") ?? []).map(([profile, when, syntax]) => ({
      profile,
      test: compileTest(when, this.pattern),
      template: new Template(syntax, this, when),
    }));
    return known.aliases;
  }

  /** Every syntax the assembler takes for this encoding, the manual's first, those of aliases last. */
  get taken(): readonly Line[] {
    const texts = syntaxes(this.syntax, {
      llvm: this.fact("llvm"),
      gnu: this.fact("gnu"),
      preUal: this.fact("preUal"),
      also: this.fact("also"),
      aliases: this.fact("aliases"),
    });
    const plain = texts.length - (this.fact("aliases")?.length ?? 0);
    return texts.map((text, i) => ({
      text,
      compile: () => (i < plain ? this.compiled(text) : this.aliases[i - plain]!.template),
    }));
  }

  /** The same, compiled. */
  templates(): Template[] {
    return this.taken.map(({ compile }) => compile());
  }

  private compiled(text: string): Template {
    const { templates } = this.compiledLines();
    let template = templates.get(text);
    if (template === undefined) {
      template = new Template(text, this);
      templates.set(text, template);
    }
    return template;
  }
}

/** What is made of a row's syntax lines. */
class Lines {
  aliases: Alias[] | undefined;
  ual: Template | undefined;
  llvm: Template | undefined;
  gnu: Template | undefined;
  preUal: Template | undefined;
  readonly templates: Map<string, Template> = new Map();
}

/** Another text of a profile for some words. */
export interface Alias {
  readonly profile: Profile;
  readonly test: Test;
  readonly template: Template;
}

/** A syntax line that the assembler takes. */
export interface Line {
  readonly text: string;
  readonly compile: () => Template;
}

/** The further syntaxes of a row. */
type Texts = { readonly [K in "llvm" | "gnu" | "preUal" | "also" | "aliases"]?: EncodingSpec[K] | undefined };

/** The text of every syntax the assembler takes for a row, the manual's first, those of aliases last. */
export function syntaxes(syntax: string, { llvm, gnu, preUal, also = [], aliases = [] }: Texts): string[] {
  const texts = new Set([syntax]);
  for (const text of [llvm, gnu, preUal, ...also]) if (text !== undefined) texts.add(text);
  return [...texts, ...aliases.map(([, , text]) => text)];
}

/** A row as the sources of the table write it. */
export interface Row {
  readonly id: string;
  readonly diagram: string;
  readonly syntax: string;
  readonly spec: EncodingSpec;
}

/** What a row of the shipped table says. */
export interface Says extends Row {
  /** A part of `spec` alone: the others need not be read for it. */
  get<K extends keyof EncodingSpec>(name: K): EncodingSpec[K];
}

/** What the rows of one part of the manual have in common. */
export interface Head {
  readonly title: string;
  readonly isa: Isa;
  readonly arch: string;
  readonly extension?: string;
  /** The encodings are 16 bits wide, not 32. */
  readonly narrow?: true;
}

/** A part of the sources of the table. */
export interface Group extends Head {
  readonly rows: () => readonly Row[];
}

/** A part of the shipped table. */
export interface Part extends Head {
  /** The position in the table of its first row. */
  readonly first: number;
  row(place: number): Says;
}

/** Writes down a row of the table. */
export function row(id: string, diagram: string, syntax: string, spec: EncodingSpec = {}): Row {
  return { id, diagram, syntax, spec };
}
