import type { SignedIn } from "@/api/types";
import { goTo } from "@/app/navigate";
import { queries } from "@/app/services";

/** Where to go after the sign-in: only to a page of this console, whatever the address says. */
export function safeNext(next: string | undefined): string {
  if (!next || !/^\/(?![/\\])/.test(next) || next.startsWith("/sign-in")) {
    return "/";
  }
  return next;
}

/** Goes on into the console, or first to the page for a new password or for a second factor. */
export function enter(answer: SignedIn, next?: string): void {
  queries.clear();
  goTo(answer.password_change_required ? "/new-password" : answer.enrolment_required ? "/enrol" : safeNext(next));
}
