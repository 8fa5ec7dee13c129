export { type AuditOptions, audit, auditSites, type SitesAudit } from "./audit.js";
export { FINDINGS, type FindingId, type Level } from "./finding.js";
export { PlaceNames } from "./image-code.js";
export { disabledCall, runtimeNop } from "./linux-forms.js";
export {
  compareMemory,
  type MemoryChange,
  type MemoryComparison,
  type MemoryDump,
  type SwitchedSite,
} from "./memory.js";
export {
  type AuditReport,
  type Finding,
  type InsnText,
  type KeySummary,
  type KindSummary,
  SITE_KINDS,
  type Site,
  type SiteKey,
  type SiteKind,
  type Transition,
} from "./report.js";
export type { SeenSite } from "./seen-site.js";
export type { SiteModel } from "./site-model.js";
