import { TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { Avatar } from "@/components/Avatar";
import { Loading } from "@/components/Loading";
import { ShieldBadge } from "@/components/ShieldBadge";
import classes from "./VerifyPage.module.css";

/** Finds the caller by name, number, address or company, and leads to their panel. */
export function FindContact() {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [q] = useDebouncedValue(text.trim(), 180);
  const found = useQuery({
    queryKey: ["contacts", { q, find: true }],
    queryFn: () => must(api.GET("/api/contacts", { params: { query: { q: q || undefined, limit: 8, sort: "name" } } })),
    placeholderData: keepPreviousData,
  });
  return (
    <div role="search">
      <TextInput
        data-search
        type="search"
        label={t("verify.findLabel")}
        placeholder={t("verify.findHint")}
        value={text}
        maxLength={200}
        leftSection={<Search size={15} aria-hidden="true" />}
        onChange={(e) => setText(e.currentTarget.value)}
      />
      {found.isPending && <Loading rows={8} height={35} />}
      <ul className={classes.results}>
        {found.data?.items.map((contact) => (
          <li key={contact.id}>
            <Link to="/contacts/$id" params={{ id: contact.id }} data-row>
              <Avatar name={contact.name} size={30} />
              <span>
                {contact.name}
                <small>{contact.customer_name}</small>
              </span>
              <ShieldBadge shield={contact.shield} />
            </Link>
          </li>
        ))}
      </ul>
      {found.data?.items.length === 0 && <p role="status">{t("list.none")}</p>}
    </div>
  );
}
