import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import type { Technician } from "@/api/types";
import { goTo } from "@/app/navigate";
import { queries } from "@/app/services";
import { type Change, Confirm } from "@/components/Confirm";
import { toast } from "@/components/toast";
import { type Trial, trialOf } from "@/features/access/effects";
import { EffectOf } from "@/features/access/review";
import { teamsOfQuery } from "@/features/team/data";
import { renewTechnician, technicianQuery, ticketsOfQuery } from "./data";

/** What can be done to somebody's access, each with a question first. */
export type Step = "suspend" | "leave" | "delete" | "erase" | "endAccess" | "resetPassword" | "handOver";

interface Props {
  technician: Technician;
  step: Step | null;
  onClose: () => void;
}

/** Asks before a step of the life-cycle, says what it will change for this very person, and does it. */
export function LifeCycle({ technician, step, onClose }: Props) {
  const { t } = useTranslation();
  const { id, name, version } = technician;
  const path = { path: { id } };
  const renew = async () => renewTechnician(await must(api.GET("/api/technicians/{id}", { params: path })));
  const done = (text: "done.endAccess" | "done.resetPassword" | "done.handOver") => toast(t(`technician.${text}`, { name }));
  const steps: Record<Step, () => Promise<unknown>> = {
    suspend: async () => renewTechnician(await must(api.POST("/api/technicians/{id}/suspend", { params: path, body: {} }))),
    leave: async () => renewTechnician(await must(api.PATCH("/api/technicians/{id}", { params: { ...path, header: ifMatch(version) }, body: { status: "inactive" } as never }))),
    delete: async () => {
      await must(api.DELETE("/api/technicians/{id}", { params: { ...path, header: ifMatch(version) } }));
      goTo("/technicians");
      queries.removeQueries({ queryKey: technicianQuery(id).queryKey });
      void queries.invalidateQueries({ queryKey: ["technicians"] });
      toast(t("deleted", { name }));
    },
    erase: async () => {
      await must(api.POST("/api/technicians/{id}/erase", { params: { ...path, header: ifMatch(version) }, body: { name } }));
      goTo("/technicians");
      queries.removeQueries({ queryKey: technicianQuery(id).queryKey });
      void queries.invalidateQueries();
      toast(t("person.erased"));
    },
    endAccess: async () => {
      await must(api.POST("/api/technicians/{id}/end-access", { params: path }));
      await renew();
      done("done.endAccess");
    },
    resetPassword: async () => {
      await must(api.POST("/api/technicians/{id}/reset-password", { params: path }));
      await renew();
      done("done.resetPassword");
    },
    handOver: async () => {
      renewTechnician(await must(api.POST("/api/technicians/{id}/hand-over", { params: path })));
      done("done.handOver");
    },
  };
  const shown = step ?? "suspend";
  const trial = rightsTrial(technician, step);
  const changes = useChanges(technician, step);
  return (
    <Confirm
      key={step}
      opened={step !== null}
      onClose={onClose}
      title={t(`technician.step.${shown}`)}
      action={t(`technician.step.${shown}`)}
      typed={shown === "delete" || shown === "erase" || shown === "handOver" ? name : undefined}
      changes={changes}
      onConfirm={() => steps[shown]()}
    >
      {t(`technician.stepText.${shown}`, { name })}
      {trial && <EffectOf trial={trial} />}
    </Confirm>
  );
}

/** What a step would send, if it takes rights. */
function rightsTrial({ id, version }: Technician, step: Step | null): Trial | undefined {
  switch (step) {
    case "suspend":
      return trialOf("POST", `/api/technicians/${id}/suspend`, { body: {} });
    case "leave":
      return trialOf("PATCH", `/api/technicians/${id}`, { version, body: { status: "inactive" } });
    default:
      return undefined;
  }
}

/** What will be different for this person, from what is there now. */
function useChanges(technician: Technician, step: Step | null): Change[] {
  const { t } = useTranslation();
  const { id } = technician;
  const counted = step !== null && step !== "handOver";
  const sessions = useQuery({ queryKey: ["sessions", { technician_id: id }], queryFn: () => must(api.GET("/api/sessions", { params: { query: { technician_id: id } } })), enabled: counted });
  const teams = useQuery({ ...teamsOfQuery(id), enabled: counted });
  const tickets = useQuery({ ...ticketsOfQuery(id), enabled: counted });
  if (!counted) {
    return [];
  }
  const led = (teams.data ?? []).filter((team) => team.lead_ids.includes(id)).map((team) => team.name);
  const goes = step === "suspend" || step === "leave" || step === "delete" || step === "erase";
  const changes: (Change | false)[] = [
    (step === "suspend" || step === "leave") && {
      what: t("technician.ends.status"),
      before: t(`state.${technician.status}`),
      after: t(step === "suspend" ? "state.suspended" : "state.inactive"),
    },
    sessions.data?.items.length !== 0 && { what: t("technician.ends.sessions"), before: sessions.data?.items.length ?? "…", after: t("technician.ends.none") },
    (step === "endAccess" || step === "delete") && { what: t("technician.ends.tokens"), after: t("technician.ends.tokensGone") },
    step === "resetPassword" && { what: t("technician.ends.password"), before: t("technician.ends.works"), after: t("technician.ends.mailTo", { email: technician.email }) },
    goes && technician.state === "invitation" && { what: t("technician.ends.invitation"), before: t("technician.ends.open"), after: t("technician.ends.withdrawn") },
    goes && tickets.data !== undefined && tickets.data !== "0" && { what: t("technician.ends.tickets"), after: t("technician.ends.stay", { number: tickets.data }) },
    goes && led.length > 0 && { what: t("technician.ends.leads"), after: t("technician.ends.led", { teams: led.join(", ") }) },
    step === "delete" && { what: t("technician.ends.record"), after: t("technician.ends.recordStays") },
  ];
  return changes.filter((change) => change !== false);
}
