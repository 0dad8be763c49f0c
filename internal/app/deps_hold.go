package app

// Held until the slices that use them are there.
import (
	_ "github.com/go-webauthn/webauthn/webauthn"
	_ "github.com/pquerna/otp/totp"
	_ "rsc.io/qr"
)
