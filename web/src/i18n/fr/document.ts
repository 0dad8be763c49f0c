import type { document as en } from "../en/document";
import type { Texts } from "../shape";

/** Documents for clients. */
export const document: Texts<typeof en> = {
  docs: {
    title: "Documents",
    text: "Pour vos clients : en page, en PDF et par e-mail.",
    details: "Coordonnées et pages",
    published: "page publique",
    gaps: "Lignes omises, rien n’est saisi pour : {{names}}",
    page: "Page publique",
    forCustomer: "Au nom d’un client",
    forContact: "ou d’un de ses contacts",
    versions: "Versions",
    version: "Version {{number}}",
    noVersions: "Jamais modifié.",
    restore: "Rétablir",
    older: "Plus anciennes",
    send: "Envoyer",
    whom: "Contacts",
    everybody: "tous",
    review_one: "{{count}} sur {{total}} le reçoit par e-mail avec le PDF, dans sa langue.",
    review_other: "{{count}} sur {{total}} le reçoivent par e-mail avec le PDF, chacun dans sa langue.",
    mail_one: "Envoyer {{count}} e-mail",
    mail_other: "Envoyer {{count}} e-mails",
    started: "Les e-mails partent. Voir Tâches.",
    resetText: "Vos propres mots restent parmi les versions.",
    markup: "# titre, - liste, 1. étapes, > remarque, **gras**, *italique*, `code`, [lien](https://…). Pas de HTML.",
    phone: "Téléphone",
    phoneHelp: "Où les clients rappellent.",
    number: "Numéro de vérification",
    numberHelp: "Où les clients envoient #verify par SMS.",
    email: "Adresse de vérification",
    website: "Site web",
    publish: "Pages publiques",
    publishHelp: "Quiconque connaît l’adresse peut les lire.",
  },
};
