/** Les clés d’accès des contacts. */
export const contactPasskey = {
  contactPasskey: {
    title: "Clés d’accès",
    invite: "Envoyer un lien d’inscription",
    needsShield: "Vérifiez d’abord le contact, au niveau L2 ou plus : une nouvelle clé d’accès n’est liée qu’à quelqu’un qui vient d’être vérifié.",
    say: "Le lien part vers {{address}}. Dites ce nombre ; la page le demande, une seule fois, dans les 24 heures :",
    none: "Pas encore de clé d’accès",
    noneText: "Avec une clé, la personne prouve sur son propre appareil que c’est elle, et personne ne peut la piéger.",
    created: "Créée",
    used: "dernier usage",
    never: "jamais",
    backedUp: "gardée dans un nuage",
    remove: "Retirer",
    removeOf: "Retirer la clé d’accès {{name}}",
    removeTitle: "Retirer cette clé d’accès",
    removeText: "{{name}} ne pourra plus être vérifié(e) avec elle. Une nouvelle clé demande un nouveau lien.",
  },
};
