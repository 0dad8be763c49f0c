import type { duo as en } from "../en/duo";
import type { Texts } from "../shape";

/** La vérification par Duo : ses réglages, et ce que dit le panneau. */
export const duo: Texts<typeof en> = {
  duo: {
    page: "Intégrations de sécurité",
    title: "Duo",
    text: "Les appelants prouvent leur identité dans Duo Mobile. Countersign a besoin de ses propres applications chez Duo : une Admin API pour les notifications avec chiffres, une Auth API pour celles sans chiffres. Ce n’est pas l’application Web SDK avec laquelle les techniciens se connectent.",
    noAdmin: "Sans Admin API, la notification n’a pas de chiffres et prouve moins (L2 au lieu de L3).",
    host: "Nom d’hôte de l’API",
    admin: "Admin API",
    auth: "Auth API",
    adminIkey: "Admin API : clé d’intégration",
    adminSkey: "Admin API : clé secrète",
    adminHelp: "Avec le droit de lire les ressources et d’envoyer des notifications de vérification.",
    authIkey: "Auth API : clé d’intégration",
    authSkey: "Auth API : clé secrète",
    authHelp: "Utilisée là où il n’y a pas d’Admin API.",
    secretHelp: "N’est plus jamais affichée. À saisir de nouveau quand le nom d’hôte change.",
    remove: "Retirer Duo",
    removeText: "Personne ne pourra alors être vérifié par Duo, jusqu’à ce qu’il soit de nouveau configuré.",
    test: "Essayer les clés",
    testText: "Pose à Duo une question signée avec chaque paire de clés. Cela ne change rien et n’atteint personne.",
    testOk: "Les clés sont bonnes.",
    skew: "L’horloge de ce serveur diffère de celle de Duo de {{seconds}} secondes. Au-delà de cinq minutes, Duo refuse tout.",
    ask: "Demandez à {{name}} d’ouvrir la demande dans Duo Mobile et de lire les 6 chiffres affichés.",
    half: "Les chiffres sont bons. {{name}} doit maintenant approuver la demande dans Duo Mobile …",
    approve: "Demandez à {{name}} d’approuver la demande dans Duo Mobile. Elle indique votre nom et le ticket.",
    waiting: "En attente de l’approbation de {{name}} …",
    failed: "La notification n’a pas pu être envoyée, ou personne ne sait si elle l’a été. Une approbation dont on vous parle ne prouve rien. Recommencez, ou choisissez une autre méthode.",
  },
};
