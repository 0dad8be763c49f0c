/** The passkeys of contacts. */
export const contactPasskey = {
  contactPasskey: {
    title: "Passkeys",
    invite: "Send an enrolment link",
    needsShield: "Verify the contact first, at level L2 or higher: a new passkey is bound only to somebody who was just verified.",
    say: "The link is on its way to {{address}}. Say this number; the page asks for it, once, within 24 hours:",
    none: "No passkey yet",
    noneText: "With one, they show on their own device that it is them, and nobody can phish it.",
    created: "Set up",
    used: "last used",
    never: "never",
    backedUp: "kept in a cloud",
    remove: "Remove",
    removeOf: "Remove the passkey {{name}}",
    removeTitle: "Remove this passkey",
    removeText: "{{name}} can then no longer be verified with it. A new one needs a new link.",
  },
};
