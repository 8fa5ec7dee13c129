import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** Assembler and litmus tests in one: both are lines of mnemonics, registers, numbers and comments. */
const language = StreamLanguage.define<{ comment: boolean }>({
  startState: () => ({ comment: false }),
  token(stream, state) {
    if (state.comment) {
      if (stream.skipTo("*)")) {
        stream.match("*)");
        state.comment = false;
      } else stream.skipToEnd();
      return "comment";
    }
    if (stream.eatSpace()) return null;
    if (stream.match("(*")) {
      state.comment = true;
      return "comment";
    }
    if (stream.match("@") || stream.match("//")) {
      stream.skipToEnd();
      return "comment";
    }
    if (stream.match(/^#?-?(0x[0-9a-f]+|\d+)\b/i)) return "number";
    if (stream.match(/^(core\s+\d+|P\d+(\.[FI])?)\b/)) return "heading";
    if (stream.match(/^(exists|forall|locations|filter|~exists|ARM|Thumb|AArch64)\b/)) return "keyword";
    if (stream.match(/^%?(r\d+|[xw]\d+|sp|lr|pc)\b/i)) return "variableName";
    if (stream.match(/^[a-z_.][\w.]*:/i)) return "labelName";
    if (stream.match(/^[a-z_.][\w.]*/i)) return "operatorKeyword";
    stream.next();
    return null;
  },
});

const colours = HighlightStyle.define([
  { tag: tags.comment, class: "tok-comment" },
  { tag: tags.number, class: "tok-number" },
  { tag: tags.heading, class: "tok-heading" },
  { tag: tags.keyword, class: "tok-keyword" },
  { tag: tags.variableName, class: "tok-register" },
  { tag: tags.labelName, class: "tok-label" },
]);

export interface EditorHandle {
  set(text: string): void;
  mark(issue: { readonly line: number; readonly column: number; readonly message: string } | undefined): void;
  destroy(): void;
}

/** An editor in `parent`. Tab leaves it, as everywhere on a page. */
export function createEditor(
  parent: HTMLElement,
  text: string,
  label: string,
  onChange: (text: string) => void,
): EditorHandle {
  let quiet = false;
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        history(),
        drawSelection(),
        keymap.of([...defaultKeymap, ...historyKeymap]),
        language,
        syntaxHighlighting(colours),
        lintGutter(),
        EditorView.contentAttributes.of({
          "aria-label": label,
          tabindex: "0",
          spellcheck: "false",
          autocapitalize: "off",
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !quiet) onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    set(changed) {
      if (changed === view.state.doc.toString()) return;
      quiet = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: changed } });
      quiet = false;
    },
    mark(issue) {
      const { doc } = view.state;
      if (issue === undefined) {
        view.dispatch(setDiagnostics(view.state, []));
        return;
      }
      const line = doc.line(Math.max(1, Math.min(issue.line, doc.lines)));
      const from = Math.min(line.to, line.from + Math.max(0, issue.column - 1));
      view.dispatch(setDiagnostics(view.state, [{ from, to: line.to, severity: "error", message: issue.message }]));
    },
    destroy: () => view.destroy(),
  };
}
