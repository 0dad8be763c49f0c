import { Button, Menu } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { Ban, ChevronDown, Crown, Eraser, FileJson, KeyRound, LogOut, Pencil, RotateCcw, ScrollText, Ticket as TicketIcon, Trash2, UserX } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Technician } from "@/api/types";
import { useCan, useMe } from "@/app/me";
import { Avatar } from "@/components/Avatar";
import { Callout } from "@/components/Callout";
import { Detail } from "@/components/Detail";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { GuardedButton } from "@/components/GuardedButton";
import { Loading } from "@/components/Loading";
import { StateBadge } from "@/components/StateBadge";
import { useAskFirst } from "@/features/access/AskFirst";
import { trialOf } from "@/features/access/effects";
import { Activity } from "@/features/auditlog/Activity";
import { TicketList } from "@/features/ticket/TicketList";
import { AccessTab } from "./AccessTab";
import { renewTechnician, shownState, technicianQuery } from "./data";
import { LifeCycle, type Step } from "./LifeCycle";
import { ProfileTab } from "./ProfileTab";
import { SecurityTab } from "./SecurityTab";
import { type Part, TechnicianEdit } from "./TechnicianEdit";

/** One technician: who they are, what they may do, how they sign in, and what they did. */
export function TechnicianPage() {
  const { t } = useTranslation();
  const can = useCan();
  const me = useMe();
  const { id } = useParams({ strict: false }) as { id: string };
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const query = useQuery(technicianQuery(id));
  const [part, setPart] = useState<Part | null>(null);
  const [step, setStep] = useState<Step | null>(null);
  if (query.isPending) {
    return <Loading rows={6} height={48} />;
  }
  const technician = query.data;
  if (!technician) {
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  }
  const self = technician.id === me?.technician.id;
  // An owner is changed by nobody but themselves.
  const untouchable = technician.owner && !self;
  const edit = untouchable ? undefined : setPart;
  // Rights come from somebody else, also for administrators.
  const editRights = self ? undefined : edit;
  return (
    <>
      <Detail
        back={{ to: "/technicians", label: t("nav.technicians") }}
        title={technician.name}
        picture={<Avatar name={technician.name} src={technician.avatar_url} size={44} />}
        badges={<StateBadge state={shownState(technician)} />}
        subtitle={[technician.job_title, technician.email].filter(Boolean).join(" · ")}
        actions={<Actions technician={technician} self={self} onEdit={edit} onStep={setStep} />}
        tab={tab}
        tabs={[
          { key: "profile", label: t("technician.tab.profile"), content: <ProfileTab technician={technician} onEdit={edit} /> },
          { key: "access", label: t("technician.tab.access"), content: <AccessTab technician={technician} onEdit={editRights} /> },
          { key: "security", label: t("technician.tab.security"), content: <SecurityTab technician={technician} self={self} onEdit={editRights} onStep={setStep} /> },
          { key: "activity", label: t("technician.tab.activity"), content: <Activity actor={id} /> },
          ...(can("ticket.view")
            ? [
                {
                  key: "tickets",
                  label: t("nav.tickets"),
                  content: <TicketList fixed={{ assigned_to: id }} empty={<EmptyState icon={TicketIcon} title={t("technician.noTickets")} text={t("technician.noTicketsText")} />} />,
                },
              ]
            : []),
        ]}
      >
        {self && (tab === "access" || tab === "security") && <Callout tone="neutral">{t("technician.ownRights")}</Callout>}
        {untouchable && <Callout tone="neutral">{t("technician.ownerOnly")}</Callout>}
      </Detail>
      <TechnicianEdit technician={technician} part={part} onClose={() => setPart(null)} />
      <LifeCycle technician={technician} step={step} onClose={() => setStep(null)} />
    </>
  );
}

interface ActionsProps {
  technician: Technician;
  self: boolean;
  onEdit?: (part: Part) => void;
  onStep: (step: Step) => void;
}

/** What can be done with a technician: the usual on top, the rare and the grave in a menu. */
function Actions({ technician, self, onEdit, onStep }: ActionsProps) {
  const { t } = useTranslation();
  const can = useCan();
  const me = useMe();
  const away = technician.status === "suspended" || technician.status === "inactive";
  const gone = technician.status === "inactive" || technician.state === "invitation";
  const { ask, question } = useAskFirst();
  const reactivate = () =>
    void ask({
      title: t("technician.reactivateTitle", { name: technician.name }),
      action: t("technician.reactivate"),
      trial: trialOf("POST", `/api/technicians/${technician.id}/reactivate`),
      run: async () => renewTechnician(await must(api.POST("/api/technicians/{id}/reactivate", { params: { path: { id: technician.id } } }))),
    }).catch(() => undefined); // that it was not done has been said
  const others = !self && !technician.owner;
  return (
    <>
      {question}
      {onEdit && (
        <GuardedButton needs="admin.technicians" variant="default" leftSection={<Pencil size={15} />} onClick={() => onEdit("profile")}>
          {t("edit")}
        </GuardedButton>
      )}
      {others &&
        (away ? (
          <GuardedButton needs="admin.technicians" variant="default" leftSection={<RotateCcw size={15} />} onClick={reactivate}>
            {t("technician.reactivate")}
          </GuardedButton>
        ) : (
          <GuardedButton needs="admin.technicians" variant="default" leftSection={<Ban size={15} />} onClick={() => onStep("suspend")}>
            {t("technician.step.suspend")}
          </GuardedButton>
        ))}
      <Menu position="bottom-end" width={260} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <Button variant="default" rightSection={<ChevronDown size={14} />}>
            {t("technician.moreActions")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {can("admin.audit") && (
            <Menu.Item component={Link} to={`/audit?actor=${technician.id}`} leftSection={<ScrollText size={15} />}>
              {t("technician.audit")}
            </Menu.Item>
          )}
          {can("admin.technicians") && (
            <Menu.Item component="a" href={`/api/technicians/${technician.id}/personal-data`} download leftSection={<FileJson size={15} />}>
              {t("person.export")}
            </Menu.Item>
          )}
          {others && can("admin.technicians") && (
            <>
              <Menu.Item leftSection={<LogOut size={15} />} onClick={() => onStep("endAccess")}>
                {t("technician.step.endAccess")}
              </Menu.Item>
              {technician.state === "activated" && (
                <Menu.Item leftSection={<KeyRound size={15} />} onClick={() => onStep("resetPassword")}>
                  {t("technician.step.resetPassword")}
                </Menu.Item>
              )}
              {me?.technician.owner && technician.state === "activated" && technician.status === "active" && (
                <Menu.Item leftSection={<Crown size={15} />} onClick={() => onStep("handOver")}>
                  {t("technician.step.handOver")}
                </Menu.Item>
              )}
              <Menu.Divider />
              {!gone && (
                <Menu.Item leftSection={<UserX size={15} />} onClick={() => onStep("leave")}>
                  {t("technician.step.leave")}
                </Menu.Item>
              )}
              <Menu.Item color="red.9" disabled={!gone} leftSection={<Trash2 size={15} />} onClick={() => onStep("delete")}>
                {gone ? t("technician.step.delete") : t("technician.deleteLater")}
              </Menu.Item>
              {gone && (
                <Menu.Item color="red.9" leftSection={<Eraser size={15} />} onClick={() => onStep("erase")}>
                  {t("technician.step.erase")}
                </Menu.Item>
              )}
            </>
          )}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
