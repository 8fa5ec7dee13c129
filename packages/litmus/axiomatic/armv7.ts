import type { Execution } from "./executions.js";
import { Relation } from "./relation.js";

/**
 * ARMv7's envelope for data: the model of "Herding cats" (Alglave, Maranget, Tautschnig, TOPLAS 2014) in its ARM form: preserved program
 * order by its four mutually recursive relations, without po-loc in cc0; DMB and DSB cumulative; their ST forms between stores only.
 */
export function allowedByArmv7({ events, po, rf, co, fr, addr, data, ctrl }: Execution): boolean {
  const size = events.length;
  const where = (holds: (a: number, b: number) => boolean): Relation => Relation.of(size, holds);
  const kind = (at: number): string => events[at]!.kind;
  const memory = (at: number): boolean => kind(at) === "R" || kind(at) === "W";
  const threads = (a: number, b: number): boolean => events[a]!.thread === events[b]!.thread;
  const external = (relation: Relation): Relation => where((a, b) => relation.has(a, b) && !threads(a, b));
  const poLoc = where(
    (a, b) => po.has(a, b) && memory(a) && memory(b) && events[a]!.parts[0]!.place === events[b]!.parts[0]!.place,
  );
  const communication = rf.or(co, fr);
  if (!poLoc.or(communication).acyclic()) return false;

  const dp = addr.or(data);
  const rdw = poLoc.and(external(fr).into(external(rf)));
  const detour = poLoc.and(external(co).into(external(rf)));
  const rfi = where((a, b) => rf.has(a, b) && threads(a, b));
  const ctrlIsb = where((a, b) => events.some((_, i) => kind(i) === "isb" && ctrl.has(a, i) && po.has(i, b)));
  const addrPo = addr.into(po);
  const control = where((a, b) => ctrl.has(a, b) && memory(b));
  const [ii0, ci0, cc0] = [dp.or(rdw, rfi), ctrlIsb.or(detour), dp.or(control, addrPo)];
  let [ii, ci, ic, cc] = [ii0, ci0, new Relation(size), cc0];
  for (;;) {
    const next: [Relation, Relation, Relation, Relation] = [
      ii0.or(ci, ic.into(ci), ii.into(ii)),
      ci0.or(ci.into(ii), cc.into(ci)),
      ii.or(cc, ic.into(cc), ii.into(ic)),
      cc0.or(ci, ci.into(ic), cc.into(cc)),
    ];
    const same = [ii, ci, ic, cc].every((one, i) => one.equals(next[i]!));
    [ii, ci, ic, cc] = next;
    if (same) break;
  }
  const preserved = where(
    (a, b) => kind(a) === "R" && ((kind(b) === "R" && ii.has(a, b)) || (kind(b) === "W" && ic.has(a, b))),
  );
  const between = (fits: (at: number) => boolean, ends: (at: number) => boolean): Relation =>
    where((a, b) => ends(a) && ends(b) && events.some((_, f) => fits(f) && po.has(a, f) && po.has(f, b)));
  const barrier =
    (option: string) =>
    (at: number): boolean =>
      (kind(at) === "dmb" || kind(at) === "dsb") && events[at]!.option === option;
  const fence = between(barrier("sy"), memory).or(between(barrier("st"), (at) => kind(at) === "W"));
  const rfe = external(rf);
  const happens = preserved.or(fence, rfe);
  if (!happens.acyclic()) return false;
  const base = fence.or(rfe.into(fence)).into(happens.star());
  const propagation = where((a, b) => kind(a) === "W" && kind(b) === "W" && base.has(a, b)).or(
    communication.star().into(base.star()).into(fence).into(happens.star()),
  );
  const seen = external(fr).into(propagation).into(happens.star());
  if (seen.rows.some((row, a) => ((row >>> a) & 1) === 1)) return false;
  return co.or(propagation).acyclic();
}
