import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "@/app/me";
import { absolute } from "@/components/time";
import classes from "./PrintHead.module.css";

/** On paper only: whose page this is, where it was, and when. */
export function PrintHead() {
  const { i18n } = useTranslation();
  const me = useMe();
  const [at, setAt] = useState<{ url: string; time: Date } | null>(null);
  useEffect(() => {
    const note = () => setAt({ url: location.href, time: new Date() });
    note();
    addEventListener("beforeprint", note);
    return () => removeEventListener("beforeprint", note);
  }, []);
  return (
    <div className={classes.head}>
      <strong>{me?.organization.name}</strong>
      {at && (
        <>
          <span>{at.url}</span>
          <span>{absolute(at.time, i18n.language, me?.technician.time_zone)}</span>
        </>
      )}
    </div>
  );
}
