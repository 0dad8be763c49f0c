import { Button, Select, Tooltip } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Hand } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import type { Ticket } from "@/api/types";
import { useCan, useMe } from "@/app/me";
import { problemText } from "@/components/problemText";
import { toast } from "@/components/toast";
import { customerPeopleQuery } from "@/features/customer/data";
import { renewTicket, ticketStates } from "./data";
import { priorities } from "./Priority";
import classes from "./TicketPage.module.css";

/** State, priority and who works on a ticket: each is changed at once, without a form. */
export function Controls({ ticket }: { ticket: Ticket }) {
  const { t } = useTranslation();
  const can = useCan();
  const me = useMe();
  const edits = can("ticket.edit");
  const assigns = can("ticket.assign");
  const people = useQuery({ ...customerPeopleQuery(ticket.customer_id), enabled: assigns });
  const onError = (error: unknown) => toast(problemText(error, t), "denied");
  const params = { path: { id: ticket.id } };
  const change = useMutation({
    mutationFn: (body: Partial<Pick<Ticket, "status" | "priority">>) => must(api.PATCH("/api/tickets/{id}", { params: { ...params, header: ifMatch(ticket.version) }, body })),
    onSuccess: renewTicket,
    onError,
  });
  const assign = useMutation({
    mutationFn: (technician_id: string | null) => must(api.POST("/api/tickets/{id}/assign", { params, body: { technician_id } as never })),
    onSuccess: renewTicket,
    onError,
  });
  const choices = new Map((people.data?.technicians ?? []).map((x) => [x.id, x.name]));
  if (ticket.assigned_to) {
    choices.set(ticket.assigned_to.id, ticket.assigned_to.name);
  }
  const mine = me !== undefined && ticket.assigned_to?.id === me.technician.id;
  return (
    <div className={classes.controls}>
      <Guard missing={edits ? null : "ticket.edit"}>
        <Select
          label={t("ticket.status")}
          data={ticketStates.map((value) => ({ value, label: t(`state.${value}`) }))}
          allowDeselect={false}
          disabled={!edits}
          value={change.variables?.status && change.isPending ? change.variables.status : ticket.status}
          onChange={(status) => status && status !== ticket.status && change.mutate({ status: status as Ticket["status"] })}
        />
      </Guard>
      <Guard missing={edits ? null : "ticket.edit"}>
        <Select
          label={t("ticket.priority")}
          data={priorities.map((value) => ({ value, label: t(`priority.${value}`) }))}
          allowDeselect={false}
          disabled={!edits}
          value={change.variables?.priority && change.isPending ? change.variables.priority : ticket.priority}
          onChange={(priority) => priority && priority !== ticket.priority && change.mutate({ priority: priority as Ticket["priority"] })}
        />
      </Guard>
      <Guard missing={assigns ? null : "ticket.assign"}>
        <Select
          label={t("ticket.assigned")}
          placeholder={t("ticket.nobody")}
          data={[...choices].map(([value, label]) => ({ value, label }))}
          searchable
          clearable
          error={ticket.assigned_to?.active === false && t("ticket.handOver", { name: ticket.assigned_to.name })}
          disabled={!assigns}
          value={assign.isPending ? (assign.variables ?? null) : (ticket.assigned_to?.id ?? null)}
          onChange={(id) => id !== (ticket.assigned_to?.id ?? null) && assign.mutate(id)}
        />
      </Guard>
      {assigns && !mine && ticket.status !== "closed" && (
        <Button variant="default" leftSection={<Hand size={15} />} loading={assign.isPending} onClick={() => me && assign.mutate(me.technician.id)}>
          {t("ticket.takeIt")}
        </Button>
      )}
    </div>
  );
}

function Guard({ missing, children }: { missing: string | null; children: ReactNode }) {
  const { t } = useTranslation();
  return missing === null ? (
    children
  ) : (
    <Tooltip label={t("error.needs", { permission: missing })}>
      <div>{children}</div>
    </Tooltip>
  );
}
