import { ActivityTab } from "@/features/activity/ActivityTab";
import { AuditList } from "./AuditList";

/** What was done by a technician, or to one thing. */
export function Activity({ actor, target }: { actor?: string; target?: string }) {
  return actor ? <ActivityTab technicianId={actor} /> : <AuditList fixed={target ? { target } : {}} />;
}
