import { useEffect } from "react";
import { setPreference } from "@/app/preference";

/** The sandbox phone beside the console becomes the phone of the contact on screen. */
export function useFollowedContact(contactId: string | null): void {
  useEffect(() => {
    if (contactId) {
      setPreference("cs-phone-contact", contactId);
    }
  }, [contactId]);
}
