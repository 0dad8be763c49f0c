import type { TFunction } from "i18next";
import type { AccessPath, Explanation, Place } from "@/api/types";
import { clock } from "@/components/time";
import { kindOf } from "./catalogue";
import { placeHref } from "./places";

/** A piece of a sentence; one with an address leads there. */
export interface Piece {
  text: string;
  to?: string;
}

/** In whose time and language a sentence is told. */
export interface Telling {
  t: TFunction;
  language: string;
  now: Date;
  zone?: string;
}

/** How a decision came out, in one sentence. */
export function verdict({ outcome, reason }: Pick<Explanation, "outcome" | "reason">, t: TFunction): string {
  if (outcome === "deny") {
    return t(`rights.verdict.${reason as "no_grant"}`, { defaultValue: t("rights.verdict.no_grant") });
  }
  return t(outcome === "allow" && reason === "owner" ? "rights.verdict.owner" : `rights.verdict.${outcome}`);
}

/** What gives or takes something, as a sentence whose role, team and place lead to their pages. `denies` is said of what takes away. */
export function sentence(path: AccessPath, denies: boolean, telling: Telling): Piece[] {
  const { t } = telling;
  const links: Piece[] = [];
  const link = (text: string, to?: string) => `\u0001${links.push({ text, to }) - 1}\u0001`;
  const own = path.by === "platform_role" ? (path.role?.name ?? t(`role.${path.id as "manager"}`, { defaultValue: path.id })) : "";
  const role = own || (path.role ? link(path.role.name, `/roles/${path.role.id}`) : "");
  const team = path.team ? link(path.team.name, `/teams/${path.team.id}?tab=access`) : "";
  const place = path.at?.type ? t(`rights.place.${kindOf(path.at)}`, { name: link(nameOf(path.at, t), placeHref(path.at)) }) : "";
  const whom = path.by === "grant" ? (team ? t("rights.to.team", { team }) : t("rights.to.directly")) : team ? t("rights.forWhom.team", { team }) : t("rights.forWhom.directly");
  const text = t(`rights.path.${formOf(path, denies)}`, { role, to: whom, place, times: timesOf(path, telling), defaultValue: path.by });
  return text.split("\u0001").flatMap((part, i) => (i % 2 === 0 ? (part === "" ? [] : [{ text: part }]) : (links[Number(part)] ?? [])));
}

function formOf({ by, id }: AccessPath, denies: boolean): "grant" {
  if (by === "override" && denies) {
    return "denied" as "grant";
  }
  return (by === "platform_role" && id === "administrator" ? "administrator" : by) as "grant";
}

const nameOf = (place: Place, t: TFunction) => place.name || t("rights.gone");

function timesOf({ from, until }: AccessPath, { t, language, now, zone }: Telling): string {
  const say = (at: string | undefined) => (at ? clock(new Date(at), now, language, zone) : "");
  if (from && until) {
    return t("rights.times.both", { from: say(from), until: say(until) });
  }
  return from ? t("rights.times.from", { from: say(from) }) : until ? t("rights.times.until", { until: say(until) }) : "";
}

/** Why something that is there does not help, as a sentence of its own. */
export function missText(miss: string | undefined, t: TFunction): string {
  return miss ? t(`rights.miss.${miss as "expired"}`, { defaultValue: miss }) : "";
}

/** A sentence without its links. */
export function plainText(pieces: readonly Piece[]): string {
  return pieces.map((piece) => piece.text).join("");
}
