import type { TFunction } from "i18next";
import { ApiError, fieldErrors } from "@/api/problem";
import { problemText, reasonText } from "@/components/problemText";
import { pathsOf } from "./changes";
import type { Summary } from "./ErrorSummary";

/** What a refused form shows: a message at each field, and all of them summed up. */
export function formProblem(error: unknown, values: Record<string, unknown>, t: TFunction): { byField: Record<string, string>; summary: Summary } {
  const { byField, rest } = error instanceof ApiError ? fieldErrors(translated(error, t), pathsOf(values)) : { byField: {}, rest: [] };
  const fields = Object.entries(byField).map(([path, message]) => ({ path, message }));
  const count = fields.length + rest.length;
  return { byField, summary: { text: count > 0 ? t("form.mend", { count }) : problemText(error, t), fields, rest } };
}

// The one error of a problem whose code is known can be said in the language of the console.
function translated({ code, problem }: ApiError, t: TFunction) {
  const known = reasonText(code, t);
  if (problem.errors?.length === 1 && known !== code) {
    return { ...problem, errors: problem.errors.map(({ pointer }) => ({ pointer, message: known })) };
  }
  return problem;
}
