package password

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Params are the costs of one argon2id hash.
type Params struct {
	Memory  uint32 // KiB
	Time    uint32
	Threads uint8
}

// DefaultParams is the first choice of the OWASP password storage cheat sheet: about 30 ms and 19 MiB for each hash.
func DefaultParams() Params { return Params{Memory: 19 * 1024, Time: 2, Threads: 1} }

// Bounds of a stored hash. One from outside may not name costs that keep a core busy or the memory full.
const (
	maxMemory  = 128 * 1024 // KiB
	maxTime    = 10
	maxThreads = 4
	maxWork    = 4 * maxMemory // KiB times passes
	saltSize   = 16
	keySize    = 32
	maxPHC     = 256
)

var errPHC = errors.New("no argon2id hash in PHC form within bounds")

// phc is one stored hash: $argon2id$v=19$m=19456,t=2,p=1$salt$key.
type phc struct {
	Params
	salt, key []byte
}

// parsePHC accepts exactly what String writes, with costs within bounds.
func parsePHC(s string) (phc, error) {
	var h phc
	parts := strings.Split(s, "$")
	if len(s) > maxPHC || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return phc{}, errPHC
	}
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return phc{}, errPHC
	}
	var err error
	if h.Memory, err = parseCost(costs[0], "m=", maxMemory); err != nil {
		return phc{}, err
	}
	if h.Time, err = parseCost(costs[1], "t=", maxTime); err != nil {
		return phc{}, err
	}
	threads, err := parseCost(costs[2], "p=", maxThreads)
	if err != nil {
		return phc{}, err
	}
	h.Threads = uint8(threads)
	if h.Memory < 8*threads || h.Memory*h.Time > maxWork {
		return phc{}, errPHC
	}
	if h.salt, err = parseBytes(parts[4], 8, 64); err != nil {
		return phc{}, err
	}
	if h.key, err = parseBytes(parts[5], 16, 64); err != nil {
		return phc{}, err
	}
	if h.String() != s { // another spelling of the same hash: leading zeros, signs, stray bits of base64
		return phc{}, errPHC
	}
	return h, nil
}

func parseCost(s, name string, limit uint64) (uint32, error) {
	digits, ok := strings.CutPrefix(s, name)
	if !ok {
		return 0, errPHC
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || n == 0 || n > limit {
		return 0, errPHC
	}
	return uint32(n), nil
}

func parseBytes(s string, least, most int) ([]byte, error) {
	b, err := base64.RawStdEncoding.Strict().DecodeString(s)
	if err != nil || len(b) < least || len(b) > most {
		return nil, errPHC
	}
	return b, nil
}

// String is the form in which the hash is stored.
func (h phc) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.Memory, h.Time, h.Threads,
		b64.EncodeToString(h.salt), b64.EncodeToString(h.key))
}

// matches computes the hash of password with the costs of h and compares in constant time.
func (h phc) matches(password string) bool {
	key := argon2.IDKey([]byte(password), h.salt, h.Time, h.Memory, h.Threads, uint32(len(h.key)))
	return subtle.ConstantTimeCompare(key, h.key) == 1
}
