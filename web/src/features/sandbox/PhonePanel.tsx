import { CloseButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Owner } from "./Owner";
import { Phone } from "./Phone";
import { usePhoneContact } from "./data";
import classes from "./Phone.module.css";

/** The phone beside the console. */
export function PhonePanel({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { contact, choose } = usePhoneContact();
  return (
    <div className={classes.panel}>
      <div className={classes.panelHead}>
        <Owner contact={contact} onChoose={choose} />
        <CloseButton aria-label={t("sandbox.close")} onClick={onClose} />
      </div>
      <Phone key={contact?.id} contact={contact} />
    </div>
  );
}
