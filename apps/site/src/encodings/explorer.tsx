import type { Insn } from "@cmodx/codec";
import { format } from "@cmodx/codec";
import type { JSX } from "preact";
import { useEffect, useId, useMemo, useState } from "preact/hooks";
import { addressOf, type IsaName } from "../engine/state.js";
import { Choice } from "../playground/site-form.js";
import { factsOf, groupsOf, neighboursOf, readInsn, textsOf } from "./describe.js";

interface Question {
  readonly isa: IsaName;
  readonly text: string;
  readonly at: number;
}

const EXAMPLES: readonly Question[] = [
  { isa: "t32", text: "b.w 0x9000", at: 0x8000 },
  { isa: "t32", text: "nop.w", at: 0x8000 },
  { isa: "t32", text: "bl 0xa200", at: 0x8000 },
  { isa: "a32", text: "addseq r0, r1, r2, lsl #3", at: 0x8000 },
  { isa: "a32", text: "e320f000", at: 0x8000 },
  { isa: "t32", text: "00 bf", at: 0x8000 },
];

/** The question in a fragment: a text of bounded length, a known instruction set, an address in range. */
function readQuestion(fragment: string): Question {
  const given = new URLSearchParams(fragment.slice(0, 400));
  return {
    isa: given.get("isa") === "a32" ? "a32" : "t32",
    text: (given.get("insn") ?? EXAMPLES[0]!.text).slice(0, 80),
    at: addressOf(given.get("at")) ?? 0x8000,
  };
}

const writeQuestion = ({ isa, text, at }: Question): string =>
  new URLSearchParams({ isa, insn: text, at: `0x${at.toString(16)}` }).toString();

export function Explorer(): JSX.Element {
  const [question, setQuestion] = useState<Question>(() => readQuestion(location.hash.slice(1)));
  useEffect(() => history.replaceState(history.state, "", `#${writeQuestion(question)}`), [question]);
  const asked = useMemo(() => readInsn(question.text, question.isa, question.at), [question]);
  const id = useId();
  const addressId = useId();
  return (
    <div class="tool not-content">
      <div class="fields">
        <Choice
          label="Instruction set"
          value={question.isa}
          options={[
            ["t32", "T32 (Thumb)"],
            ["a32", "A32 (ARM)"],
          ]}
          onChoose={(isa) => setQuestion({ ...question, isa: isa as IsaName })}
        />
        <div class="field is-wide">
          <label for={id}>Instruction, word or bytes</label>
          <input
            id={id}
            type="text"
            spellcheck={false}
            autocapitalize="off"
            maxLength={80}
            value={question.text}
            onInput={(event) => setQuestion({ ...question, text: event.currentTarget.value })}
          />
        </div>
        <div class="field">
          <label for={addressId}>Address</label>
          <input
            id={addressId}
            type="text"
            spellcheck={false}
            defaultValue={`0x${question.at.toString(16)}`}
            onInput={(event) => {
              const at = addressOf(event.currentTarget.value);
              if (at !== undefined) setQuestion({ ...question, at });
            }}
          />
        </div>
      </div>
      <p class="examples">
        {EXAMPLES.map((example) => (
          <button key={writeQuestion(example)} type="button" onClick={() => setQuestion(example)}>
            {example.isa === "a32" ? "A32" : "T32"} <code>{example.text}</code>
          </button>
        ))}
      </p>
      <div aria-live="polite">
        {asked.ok ? (
          <Described insn={asked.insn} onWord={(text) => setQuestion({ ...question, text })} />
        ) : (
          <p class="refusal">{asked.message}</p>
        )}
      </div>
    </div>
  );
}

function Described({ insn, onWord }: { insn: Insn; onWord: (text: string) => void }): JSX.Element {
  return (
    <div class="described">
      <h2 class="described-head">
        <code>{format(insn)}</code>
      </h2>
      <Diagram insn={insn} />
      <div class="described-parts">
        <section aria-label="Facts">
          <h3>What it is</h3>
          <dl class="facts">
            {[...factsOf(insn), ...textsOf(insn)].map(([word, says]) => (
              <div key={word}>
                <dt>{word}</dt>
                <dd>{says}</dd>
              </div>
            ))}
          </dl>
        </section>
        <Neighbours insn={insn} onWord={onWord} />
      </div>
    </div>
  );
}

/** The diagram of the manual with the word's bits in it; a 32-bit Thumb instruction in two halves. */
function Diagram({ insn }: { insn: Insn }): JSX.Element {
  const groups = groupsOf(insn);
  const isHalves = insn.isa === "t32" && insn.size === 4;
  const rows = isHalves ? [groups.filter(({ from }) => from > 15), groups.filter(({ from }) => from <= 15)] : [groups];
  return (
    <div class="diagram" tabIndex={0} role="group" aria-label="Encoding diagram">
      {rows.map((row, i) => {
        const bits = row.reduce((sum, group) => sum + group.bits.length, 0);
        return (
          <div key={`${i}`} class="diagram-row">
            {isHalves ? <span class="diagram-half">hw{i + 1}</span> : null}
            <ol style={`--bits:${bits}`}>
              {row.map((group) => (
                <li
                  key={group.from}
                  class={group.name === null ? "is-fixed" : "is-field"}
                  style={`--width:${group.bits.length}`}
                >
                  <span class="diagram-bits">{group.bits}</span>
                  <span class="diagram-name">{group.name ?? "\u00a0"}</span>
                  <span class="sr-only">
                    , bits {group.from} to {group.from - group.bits.length + 1}
                    {group.name === null ? ", fixed" : `, value ${group.value}`}
                  </span>
                </li>
              ))}
            </ol>
          </div>
        );
      })}
    </div>
  );
}

function Neighbours({ insn, onWord }: { insn: Insn; onWord: (text: string) => void }): JSX.Element {
  return (
    <section aria-label="Neighbours">
      <h3>One bit away</h3>
      <div class="table-scroll" tabIndex={0} role="group" aria-label="Table of neighbours">
        <table>
          <thead>
            <tr>
              <th scope="col">bit</th>
              <th scope="col">of</th>
              <th scope="col">word</th>
              <th scope="col">instruction</th>
              <th scope="col">CMODX kind</th>
            </tr>
          </thead>
          <tbody>
            {neighboursOf(insn).map(({ bit, field, word, size, text, status, kind }) => {
              // The other halfword stays where it is, so a narrow neighbour is still a change of this word.
              const digits = word.toString(16).padStart(insn.size * 2, "0");
              return (
                <tr key={bit}>
                  <td>{bit}</td>
                  <td>{field ?? "fixed"}</td>
                  <td>
                    <button type="button" class="word" aria-label={`show ${digits}`} onClick={() => onWord(digits)}>
                      {digits}
                    </button>
                  </td>
                  <td>
                    <code>{text}</code> {size === insn.size ? "" : <span class="held-note">16-bit</span>}{" "}
                    {status === "ok" ? "" : <span class="held-note">{status}</span>}
                  </td>
                  <td>{kind ?? ""}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
