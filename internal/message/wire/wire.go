// Package wire tells in stable words why a connection to a mail server failed, so that each can be explained in the reader's language.
package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// The words.
const (
	Name         = "dns"                   // the server's name is not known
	Refused      = "connect"               // nothing answers there
	Timeout      = "timeout"               // it answered too late or not at all
	TLS          = "tls"                   // the TLS handshake failed
	Authority    = "tls_unknown_authority" // the certificate is by nobody whom this machine trusts
	WrongName    = "tls_wrong_name"        // the certificate is for another name
	Expired      = "tls_expired"           // the certificate is no longer valid, or not yet
	NotOffered   = "tls_not_offered"       // the server speaks no TLS here
	Disconnected = "disconnected"          // the connection ended before it should
)

// Why is the word for an error of dialing, or of a TLS handshake; otherwise is for errors that are none of these.
func Why(err error, otherwise string) string {
	if word := certificate(err); word != "" {
		return word
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		if e.IsTimeout {
			return Timeout
		}
		return Name
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return NotOffered
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return TLS
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) {
		return Disconnected
	}
	if e, ok := errors.AsType[net.Error](err); (ok && e.Timeout()) || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		return Timeout
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return Refused
	}
	return otherwise
}

func certificate(err error) string {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return WrongName
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return Authority
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if e.Reason == x509.Expired {
			return Expired
		}
		return TLS
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return TLS
	}
	return ""
}
