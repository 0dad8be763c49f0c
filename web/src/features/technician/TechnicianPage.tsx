import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { Ban, Pencil, RotateCcw, Trash2, UserX } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import type { Technician } from "@/api/types";
import { useCan, useMe } from "@/app/me";
import { goTo } from "@/app/navigate";
import { queries } from "@/app/services";
import { Confirm } from "@/components/Confirm";
import { Detail } from "@/components/Detail";
import { ErrorState } from "@/components/ErrorState";
import { GuardedButton } from "@/components/GuardedButton";
import { Loading } from "@/components/Loading";
import { problemText } from "@/components/problemText";
import { StateBadge } from "@/components/StateBadge";
import { toast } from "@/components/toast";
import { Activity } from "@/features/auditlog/Activity";
import { SessionList } from "@/features/settings/SessionList";
import { technicianQuery } from "./data";
import { TechnicianFacts } from "./TechnicianFacts";
import { TechnicianForm } from "./TechnicianForm";

type Question = "edit" | "suspend" | "leave" | "delete";

/** One technician. */
export function TechnicianPage() {
  const { t } = useTranslation();
  const can = useCan();
  const me = useMe();
  const { id } = useParams({ strict: false }) as { id: string };
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const query = useQuery(technicianQuery(id));
  const [open, setOpen] = useState<Question | null>(null);
  const close = () => setOpen(null);
  const renew = (saved: Technician) => {
    queries.setQueryData(technicianQuery(id).queryKey, saved);
    void queries.invalidateQueries({ queryKey: ["technicians"] });
  };
  const reactivate = useMutation({
    mutationFn: () => must(api.POST("/api/technicians/{id}/reactivate", { params: { path: { id } } })),
    onSuccess: renew,
    onError: (error) => toast(problemText(error, t), "denied"),
  });
  if (query.isPending) {
    return <Loading rows={6} height={48} />;
  }
  const technician = query.data;
  if (!technician) {
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  }
  const self = technician.id === me?.technician.id;
  const remove = async () => {
    await must(api.DELETE("/api/technicians/{id}", { params: { path: { id }, header: ifMatch(technician.version) } }));
    goTo("/technicians");
    queries.removeQueries({ queryKey: technicianQuery(id).queryKey });
    void queries.invalidateQueries({ queryKey: ["technicians"] });
    toast(t("deleted", { name: technician.name }));
  };
  return (
    <>
      <Detail
        back={{ to: "/technicians", label: t("nav.technicians") }}
        title={technician.name}
        badges={
          <>
            <StateBadge state={technician.status} />
            {technician.state === "invitation" && <StateBadge state="invitation" />}
          </>
        }
        subtitle={[technician.job_title, technician.email].filter(Boolean).join(" · ")}
        actions={
          <>
            <GuardedButton needs="admin.technicians" variant="default" leftSection={<Pencil size={15} />} onClick={() => setOpen("edit")}>
              {t("edit")}
            </GuardedButton>
            {technician.status === "suspended" || technician.status === "inactive" ? (
              <GuardedButton needs="admin.technicians" variant="default" leftSection={<RotateCcw size={15} />} loading={reactivate.isPending} onClick={() => reactivate.mutate()}>
                {t("technician.reactivate")}
              </GuardedButton>
            ) : (
              !self &&
              !technician.owner && (
                <GuardedButton needs="admin.technicians" variant="default" leftSection={<Ban size={15} />} onClick={() => setOpen("suspend")}>
                  {t("technician.suspend")}
                </GuardedButton>
              )
            )}
          </>
        }
        tab={tab}
        tabs={[
          { key: "sessions", label: t("settings.sessions.short"), content: <SessionList technicianId={id} /> },
          ...(can("admin.audit") ? [{ key: "activity", label: t("activity.title"), content: <Activity actor={id} /> }] : []),
        ]}
        facts={
          <>
            <TechnicianFacts technician={technician} />
            {!self && !technician.owner && can("admin.technicians") && <Leaving technician={technician} onOpen={setOpen} />}
          </>
        }
      />
      <TechnicianForm key={technician.version} opened={open === "edit"} onClose={close} technician={technician} />
      <Confirm
        opened={open === "suspend"}
        onClose={close}
        title={t("technician.suspend")}
        action={t("technician.suspend")}
        onConfirm={async () => renew(await must(api.POST("/api/technicians/{id}/suspend", { params: { path: { id } }, body: {} })))}
      >
        {t("technician.suspendText", { name: technician.name })}
      </Confirm>
      <Confirm
        opened={open === "leave"}
        onClose={close}
        title={t("technician.leave")}
        action={t("technician.leave")}
        onConfirm={async () => {
          const change = { params: { path: { id }, header: ifMatch(technician.version) }, body: { status: "inactive" as const } };
          renew(await must(api.PATCH("/api/technicians/{id}", change)));
        }}
      >
        {t("technician.leaveText", { name: technician.name })}
      </Confirm>
      <Confirm opened={open === "delete"} onClose={close} title={t("technician.delete")} action={t("delete")} typed={technician.name} onConfirm={remove}>
        {t("technician.deleteText", { name: technician.name })}
      </Confirm>
    </>
  );
}

/** Who has left, or never came, can be deleted; everybody else is set inactive first. */
function Leaving({ technician, onOpen }: { technician: Technician; onOpen: (question: Question) => void }) {
  const { t } = useTranslation();
  const gone = technician.status === "inactive" || technician.state === "invitation";
  return (
    <Button
      variant="subtle"
      color={gone ? "red" : "gray"}
      justify="flex-start"
      leftSection={gone ? <Trash2 size={15} /> : <UserX size={15} />}
      onClick={() => onOpen(gone ? "delete" : "leave")}
    >
      {gone ? t("technician.delete") : t("technician.leave")}
    </Button>
  );
}
