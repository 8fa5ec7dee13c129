import type { Property, ProtocolName } from "@cmodx/patching";
import type { JSX } from "preact";
import { useId, useState } from "preact/hooks";
import { PROPERTY_CHOICES, PROTOCOL_CHOICES } from "../engine/names.js";
import { addressOf, MOST_CALLS, MOST_CORES, type SiteState } from "../engine/state.js";

interface FormProps {
  readonly state: SiteState;
  readonly change: (part: Partial<SiteState>) => void;
}

/** The edit, how it is made, and what it is put to the test against. */
export function SiteForm({ state, change }: FormProps): JSX.Element {
  return (
    <div class="fields">
      <Choice
        label="Instruction set"
        value={state.isa}
        options={[
          ["t32", "T32 (Thumb)"],
          ["a32", "A32 (ARM)"],
        ]}
        onChoose={(isa) => change({ isa: isa as SiteState["isa"], changes: [] })}
      />
      <Address value={state.at} onChange={(at) => change({ at })} />
      <Text label="Old instruction" value={state.from} onChange={(from) => change({ from })} />
      <Text label="New instruction" value={state.to} onChange={(to) => change({ to })} />
      <Choice
        label="Protocol"
        value={state.protocol}
        options={named(PROTOCOL_CHOICES)}
        onChoose={(protocol) => change({ protocol: protocol as ProtocolName, changes: [] })}
      />
      <Choice
        label="Compare with"
        value={state.versus ?? ""}
        options={[["", "nothing"], ...named(PROTOCOL_CHOICES)]}
        onChoose={(versus) =>
          change({ versus: versus === "" ? undefined : (versus as ProtocolName) } as Partial<SiteState>)
        }
      />
      <Choice
        label="Architecture"
        value={state.architecture}
        options={[
          ["armv7", "ARMv7"],
          ["armv8-aarch32", "ARMv8 AArch32"],
        ]}
        onChoose={(architecture) => change({ architecture: architecture as SiteState["architecture"] })}
      />
      <Choice
        label="Executing cores"
        value={String(state.executors)}
        options={numbers(MOST_CORES)}
        onChoose={(n) => change({ executors: Number(n) })}
      />
      <Choice
        label="Runs of each"
        value={String(state.calls)}
        options={numbers(MOST_CALLS)}
        onChoose={(n) => change({ calls: Number(n) })}
      />
      <Choice
        label="They execute"
        value={state.code}
        options={[
          ["site", "the site alone"],
          ["real", "real code around it"],
        ]}
        onChoose={(code) => change({ code: code as SiteState["code"] })}
      />
      <Choice
        label="Property"
        value={state.property ?? ""}
        options={[["", "all that make it sound"], ...named(PROPERTY_CHOICES)]}
        onChoose={(property) =>
          change({ property: property === "" ? undefined : (property as Property) } as Partial<SiteState>)
        }
      />
    </div>
  );
}

const named = (names: readonly string[]): [string, string][] => names.map((name) => [name, name]);
const numbers = (most: number): [string, string][] =>
  Array.from({ length: most }, (_, i) => [String(i + 1), String(i + 1)]);

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, label: string])[];
  readonly onChoose: (value: string) => void;
}

export function Choice({ label, value, options, onChoose }: ChoiceProps): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {options.map(([key, text]) => (
          <option key={key} value={key} selected={key === value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

function Text({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="text"
        spellcheck={false}
        autocapitalize="off"
        value={value}
        maxLength={80}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </div>
  );
}

/** Keeps what is being typed until it is an address. */
function Address({ value, onChange }: { value: number; onChange: (value: number) => void }): JSX.Element {
  const id = useId();
  const [typed, setTyped] = useState<string>();
  const wrong = typed !== undefined && addressOf(typed) === undefined;
  return (
    <div class="field">
      <label for={id}>Address</label>
      <input
        id={id}
        type="text"
        spellcheck={false}
        value={typed ?? `0x${value.toString(16)}`}
        aria-invalid={wrong}
        onInput={(event) => {
          const text = event.currentTarget.value;
          setTyped(text);
          const address = addressOf(text);
          if (address !== undefined) onChange(address);
        }}
        onBlur={() => setTyped(undefined)}
      />
    </div>
  );
}
