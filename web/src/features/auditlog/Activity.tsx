import { AuditList } from "./AuditList";

/** What was done by or to one thing. */
export function Activity({ actor, target }: { actor?: string; target?: string }) {
  return <AuditList fixed={{ ...(actor ? { actor } : {}), ...(target ? { target } : {}) }} />;
}
