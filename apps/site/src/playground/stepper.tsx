import type { JSX } from "preact";
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Contents, CoreView, ExecutionView, Frame, SiteShape } from "../engine/execution.js";
import { VIEW_NAMES } from "../engine/execution.js";
import { hex32, memoryOrder, unitText } from "./hex.js";

/** Lines that are drawn at once; a long execution is a window that moves with the current line. */
const WINDOW = 40;

interface StepperProps {
  readonly execution: ExecutionView;
  readonly names: (core: number) => string;
  /** Without what each core and memory hold. */
  readonly isBrief?: boolean;
}

/** One execution, a lane for each core, stepped through by slider, buttons or arrow keys. */
export function Stepper({ execution, names, isBrief = false }: StepperProps): JSX.Element {
  const { frames } = execution;
  const last = frames.length - 1;
  const telling = Math.max(
    0,
    frames.findLastIndex(({ executed }) => executed !== undefined),
  );
  const start = telling === 0 ? last : telling;
  const [at, setAt] = useState(start);
  useEffect(() => setAt(start), [execution]);
  const id = useId();
  const go = (to: number): void => setAt(Math.max(0, Math.min(last, to)));
  const frame = frames[Math.min(at, last)];
  const keys = (event: KeyboardEvent): void => {
    if (event.key === "ArrowRight" || event.key === "ArrowDown") go(at + 1);
    else if (event.key === "ArrowLeft" || event.key === "ArrowUp") go(at - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(last);
    else return;
    event.preventDefault();
  };
  if (frame === undefined) return <p>There is nothing to step through.</p>;
  return (
    <section class="stepper" aria-label="Execution, step by step">
      <div class="stepper-bar">
        <button type="button" onClick={() => go(0)} aria-label="first step" disabled={at === 0}>
          |◀
        </button>
        <button type="button" onClick={() => go(at - 1)} aria-label="one step back" disabled={at === 0}>
          ◀
        </button>
        <input
          id={id}
          type="range"
          min={0}
          max={last}
          value={at}
          aria-label="step"
          aria-valuetext={`step ${at + 1} of ${frames.length}: ${names(frame.core)}, ${frame.detail}`}
          onInput={(event) => go(Number(event.currentTarget.value))}
        />
        <button type="button" onClick={() => go(at + 1)} aria-label="one step forward" disabled={at === last}>
          ▶
        </button>
        <button type="button" onClick={() => go(last)} aria-label="last step" disabled={at === last}>
          ▶|
        </button>
        <output for={id} class="stepper-count">
          {at + 1} / {frames.length}
        </output>
      </div>
      <Lanes frames={frames} at={at} go={go} cores={execution.cores} names={names} onKey={keys} />
      <Executed execution={execution} frame={frame} />
      {execution.hasStates && !isBrief ? <Moment execution={execution} frame={frame} names={names} /> : null}
    </section>
  );
}

interface LanesProps {
  readonly frames: readonly Frame[];
  readonly at: number;
  readonly go: (to: number) => void;
  readonly cores: number;
  readonly names: (core: number) => string;
  readonly onKey: (event: KeyboardEvent) => void;
}

function Lanes({ frames, at, go, cores, names, onKey }: LanesProps): JSX.Element {
  const first = Math.max(0, Math.min(at - WINDOW / 2, frames.length - WINDOW));
  const shown = frames.slice(first, first + WINDOW);
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const now = box.current?.querySelector<HTMLElement>("[aria-current]");
    if (now) keepInside(box.current!, now);
  }, [at, frames]);
  const columns = useMemo(() => Array.from({ length: cores }, (_, core) => core), [cores]);
  return (
    <div
      ref={box}
      class="lanes live-lanes"
      style={`--lanes:${cores}`}
      tabIndex={0}
      role="group"
      aria-label="Lanes of the cores; the arrow keys step"
      onKeyDown={onKey}
    >
      <div class="lane-heads" aria-hidden="true">
        {columns.map((core) => (
          <span key={core}>{names(core)}</span>
        ))}
      </div>
      <ol start={first + 1}>
        {shown.map((frame, i) => {
          const index = first + i;
          const when = index === at ? " is-now" : index > at ? " is-later" : "";
          return (
            <li
              key={index}
              class={`lane-step lane-${frame.event}${when}`}
              style={`--lane:${frame.core + 1};--row:${i + 1}`}
              aria-current={index === at ? "step" : undefined}
            >
              <button type="button" tabIndex={-1} onClick={() => go(index)}>
                <span class="sr-only">{names(frame.core)}: </span>
                {frame.detail}
              </button>
            </li>
          );
        })}
      </ol>
    </div>
  );
}

/** Scrolls the box, and nothing around it, until the line is seen. */
function keepInside(box: HTMLElement, line: HTMLElement): void {
  const [outer, inner] = [box.getBoundingClientRect(), line.getBoundingClientRect()];
  const head = box.firstElementChild?.clientHeight ?? 0;
  if (inner.bottom > outer.bottom - 8) box.scrollTop += inner.bottom - outer.bottom + 8;
  else if (inner.top < outer.top + head) box.scrollTop -= outer.top + head - inner.top;
}

/** What was just executed, from its bytes up. */
function Executed({ execution, frame }: { execution: ExecutionView; frame: Frame }): JSX.Element | null {
  const { executed } = frame;
  const index = execution.sites.findIndex(({ address }) => address === executed?.address);
  const shape = execution.sites[index];
  if (executed === undefined || shape === undefined) return null;
  const newest = frame.sites[index]?.data.units ?? [];
  return (
    <div class={`executed age-${executed.age}`}>
      <p class="executed-head">
        executed at {hex32(executed.address)}: <Badge age={executed.age} />
      </p>
      <dl>
        <dt>bytes</dt>
        <dd>
          <code>{memoryOrder(executed.units, shape.unitBytes)}</code>
        </dd>
        <dt>{shape.unitBytes === 2 ? "halves" : "word"}</dt>
        <dd>
          {executed.units.map((unit, i) => {
            const age = unit === newest[i] ? "fresh" : "stale";
            return (
              <span key={`${i}`} class={`unit age-${age}`}>
                <code>{unitText(unit, shape.unitBytes)}</code> {age === "fresh" ? "new" : "old"}
              </span>
            );
          })}
        </dd>
        <dt>reads as</dt>
        <dd>
          <code>{executed.text}</code>
        </dd>
      </dl>
    </div>
  );
}

const AGE_WORDS = { fresh: "fresh", stale: "stale", torn: "torn" } as const;

function Badge({ age }: { age: Contents["age"] }): JSX.Element {
  return <span class={`badge age-${age}`}>{AGE_WORDS[age]}</span>;
}

/** How things are behind the current line. */
function Moment({
  execution,
  frame,
  names,
}: {
  execution: ExecutionView;
  frame: Frame;
  names: (core: number) => string;
}): JSX.Element {
  return (
    <div class="moment">
      {execution.sites.map((shape, i) => {
        const site = frame.sites[i];
        if (site === undefined) return null;
        return (
          <section key={shape.address} class="site-now" aria-label={`Site ${hex32(shape.address)}`}>
            <h4>
              Site <code>{hex32(shape.address)}</code>
            </h4>
            <div class="site-grid" style={`--lanes:${execution.cores}`}>
              <Held title="data side: newest store" contents={site.data} shape={shape} />
              <Held title="point of unification" contents={site.unified} shape={shape} />
              {site.could.map((could, core) => (
                <div key={`${core}`} class="held">
                  <h5>{names(core)}: instruction side</h5>
                  <p class="held-note">may execute now</p>
                  <ul>
                    {could.map((each) => (
                      <li key={each.units.join()} class={`line age-${each.age}`}>
                        <code>{each.text}</code> <Badge age={each.age} />
                      </li>
                    ))}
                  </ul>
                </div>
              ))}
            </div>
          </section>
        );
      })}
      <div class="core-grid" style={`--lanes:${execution.cores}`}>
        {frame.cores.map((core, i) => (
          <Core key={`${i}`} core={core} name={names(i)} isNow={i === frame.core} />
        ))}
      </div>
    </div>
  );
}

function Held({ title, contents, shape }: { title: string; contents: Contents; shape: SiteShape }): JSX.Element {
  return (
    <div class="held">
      <h5>{title}</h5>
      <p class={`line age-${contents.age}`}>
        <code>{contents.text}</code> <Badge age={contents.age} />
      </p>
      <p class="held-note">
        <code>{memoryOrder(contents.units, shape.unitBytes)}</code>
      </p>
    </div>
  );
}

function Core({ core, name, isNow }: { core: CoreView; name: string; isNow: boolean }): JSX.Element {
  const registers = core.registers
    .map((value, n) => [n, value] as const)
    .filter(([n, value]) => value !== 0 && n < 15 && !(n === 14 && value === NOWHERE));
  const flags = ["N", "Z", "C", "V"].filter((_, i) => ((core.flags >> (3 - i)) & 1) === 1).join("");
  return (
    <section class={`core${isNow ? " is-now" : ""}`} aria-label={`State of ${name}`}>
      <h5>
        {name}
        {core.inHandler ? " (in its interrupt handler)" : ""}
      </h5>
      <p class="registers">
        {registers.length === 0 ? <span class="held-note">registers: all zero</span> : null}
        {registers.map(([n, value]) => (
          <span key={n}>
            <b>{registerName(n)}</b> <code>0x{value.toString(16)}</code>
          </span>
        ))}
        {flags === "" ? null : (
          <span>
            <b>flags</b> <code>{flags}</code>
          </span>
        )}
      </p>
      <details>
        <summary>views</summary>
        <dl class="views">
          {VIEW_NAMES.map((view) => (
            <div key={view}>
              <dt>{view}</dt>
              <dd>{core.views[view] === 0 ? "0" : `@${core.views[view]}`}</dd>
            </div>
          ))}
        </dl>
      </details>
    </section>
  );
}

/** The link register of a core that was not called: the machine's end of the code. */
const NOWHERE = 0xffff_fff0;

const registerName = (n: number): string => (n === 13 ? "sp" : n === 14 ? "lr" : `r${n}`);
