import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Avatar } from "@/components/Avatar";
import { Card } from "@/components/Card";
import { CopyButton } from "@/components/CopyButton";
import { ShieldBadge } from "@/components/ShieldBadge";
import { contactQuery } from "@/features/contact/data";
import classes from "./TicketPage.module.css";

/** The contact of a ticket beside it: the shield, and how to reach them. */
export function Caller({ id }: { id: string }) {
  const { t } = useTranslation();
  const contact = useQuery({ ...contactQuery(id), retry: false }).data;
  if (!contact) {
    return null;
  }
  return (
    <Card title={t("contact.one")}>
      <div className={classes.caller}>
        <Avatar name={contact.name} />
        <div>
          <Link to="/contacts/$id" params={{ id }}>
            {contact.name}
          </Link>
          {contact.job_title && <small>{contact.job_title}</small>}
        </div>
        <ShieldBadge shield={contact.shield} />
        {contact.phones.map((phone) => (
          <p key={phone.number}>
            {phone.number} <CopyButton value={phone.number} />
          </p>
        ))}
        {contact.emails.map((email) => (
          <p key={email}>
            {email} <CopyButton value={email} />
          </p>
        ))}
      </div>
    </Card>
  );
}
