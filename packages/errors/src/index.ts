export { CmodxError, type ErrorFacts } from "./cmodx-error.js";
