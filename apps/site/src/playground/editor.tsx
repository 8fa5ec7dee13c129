import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { EditorHandle } from "./codemirror.js";

interface EditorProps {
  readonly text: string;
  readonly label: string;
  readonly onChange: (text: string) => void;
  /** Where the text is wrong, counted from 1. */
  readonly issue: { readonly line: number; readonly column: number; readonly message: string } | undefined;
}

/** CodeMirror, brought when it is first needed. */
export function Editor({ text, label, onChange, issue }: EditorProps): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const handle = useRef<EditorHandle | undefined>(undefined);
  const latest = useRef({ text, onChange, issue });
  latest.current = { text, onChange, issue };
  useEffect(() => {
    let gone = false;
    void import("./codemirror.js").then(({ createEditor }) => {
      if (gone || host.current === null) return;
      host.current.replaceChildren();
      handle.current = createEditor(host.current, latest.current.text, label, (changed) =>
        latest.current.onChange(changed),
      );
      handle.current.mark(latest.current.issue);
    });
    return () => {
      gone = true;
      handle.current?.destroy();
      handle.current = undefined;
    };
  }, []);
  useEffect(() => handle.current?.set(text), [text]);
  useEffect(() => handle.current?.mark(issue), [issue?.line, issue?.column, issue?.message]);
  return (
    <div class="editor" ref={host}>
      <pre>{text}</pre>
    </div>
  );
}
