package backup

import "countersign.dev/countersign/internal/fault"

var (
	errDamaged  = fault.New(fault.Invalid, "backup.damaged", "This is no whole backup: it is damaged or was cut off. Nothing was changed.")
	errNewer    = fault.New(fault.Conflict, "backup.newer", "This backup comes from a newer version of Countersign. Install that version first.")
	errOccupied = fault.New(fault.Conflict, "backup.occupied", "There is data already. Restore into an empty data folder or an empty database.")
	errKey      = fault.New(fault.Conflict, "backup.other_key", "There is another master key in the data folder. Move it away first.")
	errNoKey    = fault.New(fault.Conflict, "backup.no_key", "This backup holds no master key. Put the key file into its place, or set COUNTERSIGN_MASTER_KEY, and restore again.")
	errExists   = fault.New(fault.Conflict, "backup.exists", "The file exists already. Choose another name.")
)
