package main

import (
	"context"
	"fmt"
	"strings"

	"baohan/signing"
	"baohan/signing/tlog"
)

// witnessesOf are the names of the two who follow the log of the demonstration: a bank and the supervisor, each with a
// directory of its own.
var witnessesOf = []string{"witness.localhost/bank", "witness.localhost/supervisor"}

// The log of the demonstration beats fast, and its witnesses look several times in each beat, so that every head is
// countersigned by both before the next.
const (
	demoBeat = "2s"
	demoLook = "300ms"
)

// makeWitnesses makes their keys, and reads the log's public one as it would be handed to them.
func (w *theatre) makeWitnesses() error {
	for i, name := range witnessesOf {
		key, err := makeNamedKey(w.path(witnessDir(i)), witnessName, []byte(w.passphrase),
			func(public signing.PublicKey) (tlog.Key, error) { return tlog.WitnessKey(name, public) }, lightly(true)...)
		if err != nil {
			return err
		}
		w.witnessKeys = append(w.witnessKeys, key)
	}
	log, err := loadNamedKey(w.path("keys"), translogName, []byte(w.passphrase), noTranslogKey)
	w.logKey = log.Key
	return err
}

func witnessDir(i int) string { return fmt.Sprintf("witness-%d", i+1) }

// startWitnesses starts both beside a platform that answers.
func (w *theatre) startWitnesses(ctx context.Context) error {
	for i := range witnessesOf {
		dir := w.path(witnessDir(i))
		c := w.child(witnessDir(i), "", "", []string{"BAOHAN_DATA=" + dir, "BAOHAN_KEYS=" + dir},
			"witness", "--platform", w.base, "--log", w.logKey.String(), "--every", demoLook)
		if err := c.start(ctx); err != nil {
			return err
		}
		w.witnesses = append(w.witnesses, c)
	}
	return nil
}

// translogEnv are the platform's settings of its log.
func (w *theatre) translogEnv() []string {
	var keys []string
	for _, k := range w.witnessKeys {
		keys = append(keys, k.String())
	}
	return []string{"BAOHAN_TRANSLOG_EVERY=" + demoBeat, "BAOHAN_TRANSLOG_WITNESSES=" + strings.Join(keys, ","),
		fmt.Sprintf("BAOHAN_TRANSLOG_QUORUM=%d", len(keys))}
}
