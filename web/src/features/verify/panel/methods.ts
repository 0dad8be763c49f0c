import { BellRing, Fingerprint, KeyRound, Link2, Mail, MessageSquareText, MousePointerClick, Phone, type LucideIcon } from "lucide-react";

const icons: Record<string, LucideIcon> = {
  sms_code: MessageSquareText,
  sms_link: Link2,
  email_code: Mail,
  email_link: Link2,
  voice_code: Phone,
  teams_code: MessageSquareText,
  teams_link: Link2,
  duo_push: BellRing,
  authenticator_push: BellRing,
  portal_confirm: MousePointerClick,
  portal_code: KeyRound,
  passkey: Fingerprint,
  idp_step_up: KeyRound,
};

/** The icon of a method. */
export function methodIcon(method: string): LucideIcon {
  return icons[method] ?? KeyRound;
}

/** Whether the contact is asked in Duo Mobile; with digits, those are Duo's and always six. */
export function isDuo(method: string): boolean {
  return method === "duo_push";
}

/** The digits that Duo Mobile shows. */
export const duoDigits = 6;
