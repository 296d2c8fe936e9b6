package main

const desk = "./guarantee"

// canaries are the planted faults, by promise.
var canaries = []canary{
	{"I1", "two live letters for one bidder and lot", "migrations/0003_guarantee.sql", "CREATE UNIQUE INDEX guarantee_uniq_live", "CREATE INDEX guarantee_uniq_live", desk, "TestOneLiveLetterPerLotAndBidder"},
	{"I1", "a number stands for two letters", "migrations/0003_guarantee.sql", "    UNIQUE (guarantor, number),\n", "", desk, "TestPreparedOnceIssuedOnce"},
	{"I1", "a letter other than the prepared one is issued", "guarantee/issue_check.go", "if !bytes.Equal(digest[:], g.LetterDigest) {", "if digest.IsZero() {", desk, "TestPreparedOnceIssuedOnce"},
	{"I1", "a letter with another ceiling is issued", "guarantee/issue_check.go", "if err := g.matches(u); err != nil {", "if err := g.matches(u); err != nil && false {", desk, "TestIssueAnotherThanAppliedFor"},
	{"I3", "a receipt left behind by a crash is forgotten", "guarantee/intake.go", "WHERE processed_at IS NULL AND received_at <=", "WHERE false AND received_at <=", desk, "TestTimelyDemandSurvivesACrash"},
	{"I4", "any verb in any state", "guarantee/status.go", "if m.Part == part && m.From == from && m.Verb == verb {", "if m.Part == part && m.Verb == verb {", desk, "TestEveryStateAndVerb"},
	{"I4", "the database lets the instrument move anywhere", "migrations/0003_guarantee.sql", "    PERFORM check_move('instrument', OLD.instrument_state, NEW.instrument_state);\n", "", desk, "TestRowRefusesIllegalMoves"},
	{"I4", "an event can be changed", "migrations/0003_guarantee.sql", "BEFORE UPDATE OR DELETE OR TRUNCATE ON guarantee_event", "BEFORE TRUNCATE ON guarantee_event", desk, "TestBlindLife"},
	{"I5", "released with a demand open", "guarantee/release.go", "if g.OpenDemands > 0 {", "if false {", desk, "TestWithdrawnDemandFreesTheRelease"},
	{"I5", "the row may be released with a demand open", "migrations/0003_guarantee.sql", "    CHECK (open_demands = 0 OR instrument_state = 'issued'),\n", "", desk, "TestRowRefusesReleaseWithOpenDemand"},
	{"I5", "one of two joint beneficiaries releases", "guarantee/release.go", "if missing > 0 {", "if missing > 9 {", desk, "TestBlindLife"},
	{"I6", "24:00 itself is too late", "guarantee/demand.go", "if in.ReceivedAt.After(g.lastInstant()) {", "if !in.ReceivedAt.Before(g.lastInstant()) {", desk, "TestDemandAtTheLastInstant"},
	{"I6", "the instant of processing decides", "guarantee/demand.go", "if in.ReceivedAt.After(g.lastInstant()) {", "if t.now.After(g.lastInstant()) {", desk, "TestTimelyDemandSurvivesACrash"},
	{"I6", "expiry overtakes a paper that waits", "guarantee/expire.go", "if err == nil && waiting {", "if err == nil && waiting && false {", desk, "TestTimelyDemandSurvivesACrash"},
	{"I7", "the event names the bidder", "guarantee/desk.go", "if a.Role == party.Bidder || a.USCC == \"\" {", "if a.USCC == \"\" {", desk, "TestRowsNameNobody"},
	{"I7", "the payer stands in clear", "guarantee/fee.go", "return signing.SealTo(padded, letter.PartAAD(g.ID, \"fee\"), key)", "return append(padded, key.Bytes()...), nil", desk, "TestRowsNameNobody"},
	{"I7", "a stranger sees the owner's record", "guarantee/view.go", "if i < 0 {\n\t\treturn nil, ErrNotFound\n\t}", "if i < 0 {\n\t\treturn readGuarantee(ctx, d.Pool, id)\n\t}", desk, "TestOnlyTheOwner"},
	{"I9", "a demand above the rest of the amount", "guarantee/demand.go", "if m.Amount > *g.Amount-g.Honoured {", "if m.Amount > *g.Amount {", desk, "TestPartialDemands"},
	{"I9", "another fee than the agreed one pays", "guarantee/fee.go", "if e.Amount != *g.Fee {", "if false {", desk, "TestAnotherFeeNeedsTheApplicant"},
	{"I10", "other bytes under the same key", "party/once.go", "if [32]byte(row.Digest) != cmd.Digest {", "if false {", desk, "TestSameCommandSameAnswer"},
	{"I10", "a failing queue leaves half a change", "guarantee/desk.go", "if err := d.Outbox.PublishTx(ctx, t.tx, t.events); err != nil {\n\t\t\treturn Answer{}, err\n\t\t}", "_ = d.Outbox.PublishTx(ctx, t.tx, t.events)", desk, "TestNothingHalfDone"},
	{"I11", "another institution's signature issues", "guarantee/issue_check.go", "if signed.Signer().Subject().OrganizationID != g.Guarantor {", "if false {", desk, "TestForeignGuarantor"},
	{"I11", "another firm signs the application", "guarantee/seal.go", "if signed.Signer().Subject().OrganizationID != who.USCC {", "if false {", desk, "TestSealRefuses"},
	{"I14", "any institution decides", "guarantee/guarantee.go", "if a.Role != party.Guarantor || a.USCC != g.Guarantor {", "if a.Role != party.Guarantor {", desk, "TestForeignGuarantor"},

	{"I2", "a database that forgets what it answered is accepted", "migrations/settings.go", `	{"synchronous_commit", []string{"on", "remote_apply"}, lostOnCrash, byReload},`, "", "./migrations", "TestCheckSettings"},
	{"I3", "the sweeper does not look for what waits to be delivered", "jobs/sweep.go", "jobs = append(jobs, deliverArgs{id})", "_ = id", "./jobs", "TestTheQueueIsNotTheTruth"},
	{"I8", "a custodian gives its share before the deadline", "tender/custody/shares.go", "if now.Before(c.Deadline) || now.Before(f.NotBefore) {", "if false {", "./tender/custody", "TestRefusals"},
	{"I6", "a lot is closed before its deadline", "tender/close.go", "if l.State == Published && t.now.Before(l.End.Deadline) {", "if false {", "./tender", "TestDeadlineToTheMicrosecond|TestNothingBeforeTheDeadline"},
	{"I9", "an amount with three decimals", "guarantee/letter/fen.go", "if !yuanShape.MatchString(text) {", "if false {", "./guarantee/letter", "TestParseYuan"},
	{"I11", "a nonce works twice", "party/store.go", "if err == nil && tag.RowsAffected() != 1 {\n\t\treturn ErrReplayed", "if err == nil && tag.RowsAffected() > 1 {\n\t\treturn ErrReplayed", "./party", "TestNonceIsUsedOnce"},
	{"I11", "a signature for one path holds on another", "signing/httpsig/base.go", "`\"@path\"`:      path(r),", "`\"@path\"`:      \"/\",", "./signing/httpsig", "TestRequestRefusesEveryChange"},
	{"I14", "any role may do anything", "web/guard.go", "case len(r.roles) > 0 && !slices.Contains(r.roles, x.actor.Role), r.signed && !x.signed:", "case slices.Contains(r.roles, \"nobody\"), r.signed && !x.signed:", "./web", "TestWhoMayDoWhat"},
	{"I14", "the owner's copy is handed to any bidder", "web/guard.go", "\"read-copy\":         {roles: bidders, whose: owner},", "\"read-copy\":         {roles: bidders, whose: self},", "./web", "TestWhoMayDoWhat|TestEveryOperationIsInTheTable"},
}
