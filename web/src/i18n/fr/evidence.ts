/** Receipts and the report of verifications. */
export const evidence = {
  receipt: {
    download: "Reçu signé de cette vérification de {{name}}",
    short: "Reçu",
  },
};
