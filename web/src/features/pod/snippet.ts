import type { Pod } from "@/api/types";

/** What each ticket system replaces by the ticket's number when it shows the address. */
const placeholders: Record<Pod["kind"], string> = {
  connectwise: "[cw_id]",
  autotask: "{ticketNumber}",
  halopsa: "$faultid",
  zendesk: "{{ticket.id}}",
  other: "TICKET-NUMBER",
};

/** The address to paste into a ticket system. */
export function address(pod: Pick<Pod, "url" | "kind">): string {
  return `${pod.url}?ticket=${placeholders[pod.kind]}`;
}

/** The same as a frame, for systems that take HTML. */
export function frame(pod: Pick<Pod, "url" | "kind">): string {
  return `<iframe src="${address(pod)}" width="400" height="800" title="Countersign" allow="clipboard-write"></iframe>`;
}
