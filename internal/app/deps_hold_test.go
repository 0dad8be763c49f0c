package app_test

import _ "github.com/descope/virtualwebauthn"
