package notification

// actionEnglish says an action that takes two people.
func actionEnglish(action string) string {
	names := map[string]string{
		"device.delete": "delete a device", "factors.reset": "reset second factors", "technician.bulk": "change many technicians at once",
		"audit.export": "export the audit log", "verification.override": "override a verification", "grant": "access for a while",
		"permission.use": "use a permission for a while",
	}
	return orElse(names[action], action)
}

func actionFrench(action string) string {
	names := map[string]string{
		"device.delete": "supprimer un appareil", "factors.reset": "réinitialiser des seconds facteurs", "technician.bulk": "modifier beaucoup de techniciens à la fois",
		"audit.export": "exporter le journal d'audit", "verification.override": "passer outre une vérification", "grant": "un accès pour un temps",
		"permission.use": "utiliser une permission pour un temps",
	}
	return orElse(names[action], action)
}

// concerning puts what an action concerns behind it.
func concerning(target, customer string) string {
	switch {
	case target == "" && customer == "":
		return ""
	case customer == "" || target == customer:
		return " (" + target + ")"
	case target == "":
		return " (" + customer + ")"
	}
	return " (" + target + ", " + customer + ")"
}

// remark is a text behind its name, nothing if there is none.
func remark(name, text string) string {
	if text == "" {
		return ""
	}
	return name + text
}

func approvalEnglish(state string) string {
	names := map[string]string{"approved": "approved", "executed": "approved and done", "failed": "approved, but not done", "refused": "refused", "expired": "expired"}
	return orElse(names[state], state)
}

func approvalFrench(state string) string {
	names := map[string]string{"approved": "approuvée", "executed": "approuvée et faite", "failed": "approuvée, mais pas faite", "refused": "refusée", "expired": "expirée"}
	return orElse(names[state], state)
}

func approvedEnglish(state string) string {
	names := map[string]string{
		"approved": "was approved and can be used within the hour", "executed": "was approved and done", "failed": "was approved but could not be done any more", "refused": "was refused",
		"expired": "was not decided or used in time and has expired",
	}
	return orElse(names[state], state)
}

func approvedFrench(state string) string {
	names := map[string]string{
		"approved": "a été approuvée et peut servir dans l'heure", "executed": "a été approuvée et faite", "failed": "a été approuvée mais ne pouvait plus être faite", "refused": "a été refusée",
		"expired": "n'a pas été décidée ou utilisée à temps et a expiré",
	}
	return orElse(names[state], state)
}
