package web

import (
	"context"
	"regexp"
	"slices"

	"baohan/party"
)

// relation is how a party must stand to the object that an operation names.
type relation string

// The relations. Each is looked up with one read that costs the same whether the object exists or not.
const (
	public      relation = "public"       // anybody, signed in or not
	announced   relation = "announced"    // anybody: a lot, once it is where the table says
	readOut     relation = "read_out"     // anybody: a letter that was read out at an opening
	self        relation = "self"         // the caller's own list or session: there is no object to name
	owner       relation = "owner"        // the bidder whose record it is, found by keyed tag
	bidOwner    relation = "bid_owner"    // the same, of a bid
	fileOwner   relation = "file_owner"   // the bidder who uploaded it, found by keyed tag
	ofReadBid   relation = "of_read_bid"  // of a bid that was read out: who runs its lot, the centre and the supervisor
	guarantor   relation = "guarantor"    // the institution of this guarantee
	ofDemand    relation = "of_demand"    // the institution of the guarantee that is demanded under
	beneficiary relation = "beneficiary"  // a beneficiary of this guarantee, once it is disclosed
	applicant   relation = "applicant"    // an applicant of this guarantee, once it is disclosed
	claimant    relation = "claimant"     // who presented this demand, the institution that examines it, or the applicant against whom it stands
	ofObjection relation = "of_objection" // who raised this objection, and who runs its lot
	ofProject   relation = "of_project"   // who runs this project
	ofLot       relation = "of_lot"       // who runs the project of this lot
	atLot       relation = "at_lot"       // whom the incidents of this lot concern: the centre, the supervisor, who runs it, a bidder that showed a copy
	ofIncident  relation = "of_incident"  // the same, of this incident
	ofOrder     relation = "of_order"     // the centre and the supervisor, of an order of postponement that is there
	overLot     relation = "over_lot"     // who runs the project of this lot, the centre and the supervisor
	inHall      relation = "in_hall"      // who has a place in the session of this lot: its host, the centre, the supervisor, its bidders
	staff       relation = "staff"        // the role is all: the centre and the operators of the platform
)

// moment is when an operation is there at all.
type moment string

const (
	always moment = ""
	opened moment = "opened" // not before the lot was opened: until then it does not exist for anyone
)

// rule is one row of the guard's table.
type rule struct {
	roles  []party.Role // who; empty = everybody
	whose  relation
	when   moment
	signed bool // only a request that the caller's machine signed itself
}

// open tells the operations that ask nobody's name.
func (r rule) open() bool { return r.whose == public || r.whose == announced || r.whose == readOut }

// rules is the one table of who may do what to what, when. An operation that is not in it is answered as if it did
// not exist, and a test fails.
var rules = map[string]rule{
	"challenge": {whose: public},
	"sign-in":   {whose: public},
	"sign-out":  {whose: self},
	"me":        {whose: self},

	"add-certificate": {whose: self},
	"list-lots":       {whose: public},
	"read-lot":        {whose: public},
	"list-quotes":     {whose: public},
	"read-opening":    {whose: announced, when: opened},
	"read-sheet":      {whose: announced, when: opened},
	"watch-opening":   {whose: announced},
	"read-file":       {whose: readOut, when: opened},
	"read-document":   {whose: readOut, when: opened},
	"read-lot-log":    {whose: announced},

	"read-own-log":       {roles: bidders, whose: owner},
	"issuer-log":         {roles: guarantors, whose: guarantor},
	"read-guarantee-log": {roles: beneficiaries, whose: beneficiary, when: opened},

	"log-head":        {whose: public},
	"log-consistency": {whose: public},
	"log-proof":       {whose: public},
	"log-receipt":     {whose: public},
	"log-leaves":      {whose: public},
	"log-keys":        {whose: public},
	"countersign":     {whose: public}, // the line itself is signed
	"status-list":     {whose: public},

	"apply":             {roles: bidders, whose: self},
	"list-applications": {roles: bidders, whose: self},
	"read-application":  {roles: bidders, whose: owner},
	"read-copy":         {roles: bidders, whose: owner},
	"read-assurance":    {roles: bidders, whose: owner},
	"rewrap":            {roles: bidders, whose: owner},
	"cancel":            {roles: bidders, whose: owner},
	"accept-fee":        {roles: bidders, whose: owner},
	"bid":               {roles: bidders, whose: self},
	"list-bids":         {roles: bidders, whose: self},
	"upload-bid-file":   {roles: bidders, whose: self},
	"read-own-bid-file": {roles: bidders, whose: fileOwner},
	"withdraw-bid":      {roles: bidders, whose: bidOwner},
	"replace-bid":       {roles: bidders, whose: bidOwner},

	"attend":              {roles: bidders, whose: self},
	"read-hall":           {roles: concerned, whose: inHall, when: opened},
	"watch-hall":          {roles: concerned, whose: inHall, when: opened},
	"order-decryption":    {roles: tenderers, whose: inHall, when: opened},
	"read-offer":          {roles: bidders, whose: bidOwner},
	"hand-in-form":        {roles: bidders, whose: bidOwner},
	"pause-hall":          {roles: tenderers, whose: inHall, when: opened},
	"resume-hall":         {roles: tenderers, whose: inHall, when: opened},
	"ask-extension":       {roles: tenderers, whose: inHall, when: opened},
	"consent-extension":   {roles: supervisors, whose: inHall, when: opened},
	"attribute":           {roles: tenderers, whose: inHall, when: opened},
	"confirm-attribution": {roles: supervisors, whose: inHall, when: opened},
	"read-out":            {roles: tenderers, whose: inHall, when: opened},
	"confirm-line":        {roles: bidders, whose: inHall, when: opened},
	"object-in-hall":      {roles: bidders, whose: inHall, when: opened},
	"answer-in-hall":      {roles: tenderers, whose: inHall, when: opened},
	"make-record":         {roles: tenderers, whose: inHall, when: opened},
	"list-bid-files":      {roles: overseers, whose: ofReadBid, when: opened},
	"read-bid-file":       {roles: overseers, whose: ofReadBid, when: opened},
	"read-record":         {roles: concerned, whose: inHall, when: opened},
	"sign-record":         {roles: inSession, whose: inHall, when: opened},

	"report-incident":    {roles: centres, whose: staff},
	"list-incidents":     {roles: concerned, whose: atLot},
	"present-copy":       {roles: bidders, whose: self},
	"read-incident":      {roles: concerned, whose: ofIncident},
	"add-evidence":       {roles: centres, whose: ofIncident},
	"read-evidence":      {roles: concerned, whose: ofIncident},
	"read-incident-copy": {roles: concerned, whose: ofIncident},
	"withdraw-incident":  {roles: centres, whose: ofIncident},
	"decide-incident":    {roles: supervisors, whose: ofIncident},
	"close-incident":     {roles: supervisors, whose: ofIncident},

	"list-guarantees":  {roles: beneficiaries, whose: self, when: opened},
	"release":          {roles: beneficiaries, whose: beneficiary, when: opened},
	"release-lot":      {roles: beneficiaries, whose: ofLot, when: opened},
	"present":          {roles: beneficiaries, whose: beneficiary, when: opened},
	"demand-sheet":     {roles: beneficiaries, whose: beneficiary, when: opened},
	"list-demands":     {roles: bidders, whose: applicant, when: opened},
	"object-to-demand": {roles: bidders, whose: claimant, when: opened},
	"answer-extension": {roles: bidders, whose: claimant, when: opened},
	"resume-demand":    {roles: beneficiaries, whose: claimant, when: opened},
	"read-demand":      {roles: parties, whose: claimant, when: opened},
	"complete":         {roles: beneficiaries, whose: claimant, when: opened},
	"withdraw-demand":  {roles: beneficiaries, whose: claimant, when: opened},

	"hand-in-evaluation": {roles: centres, whose: staff, signed: true},
	"read-evaluation":    {whose: announced, when: opened}, // the desk tells those apart who may read it before its notice
	"announce":           {roles: tenderers, whose: ofLot, when: opened},
	"read-candidates":    {whose: announced, when: opened},
	"read-awards":        {whose: announced, when: opened},
	"object":             {roles: bidders, whose: self},
	"list-objections":    {whose: announced, when: opened}, // texts are for those who may read them
	"answer-objection":   {roles: tenderers, whose: ofObjection},
	"withdraw-objection": {roles: bidders, whose: ofObjection},
	"terminate":          {roles: tenderers, whose: ofLot},

	"list-own-lots":  {roles: tenderers, whose: self},
	"create-project": {roles: tenderers, whose: self},
	"add-lot":        {roles: tenderers, whose: ofProject},
	"redraft":        {roles: tenderers, whose: ofLot},
	"publish":        {roles: tenderers, whose: ofLot},
	"postpone":       {roles: centres, whose: staff},
	"propose-order":  {roles: centres, whose: staff},
	"list-orders":    {roles: ordering, whose: staff},
	"read-order":     {roles: ordering, whose: ofOrder},
	"sign-order":     {roles: supervisors, whose: ofOrder},
	"refuse-order":   {roles: supervisors, whose: ofOrder},
	"withdraw-order": {roles: centres, whose: ofOrder},
	"open":           {roles: centres, whose: staff},
	"award":          {roles: tenderers, whose: ofLot, when: opened},
	"contract":       {roles: tenderers, whose: ofLot, when: opened},
	"refuse":         {roles: tenderers, whose: ofLot, when: opened},

	"hand-in-bid-list":  {roles: centres, whose: staff, signed: true},
	"hand-in-cash-list": {roles: centres, whose: staff},
	"note-refund":       {roles: centres, whose: staff},
	"read-securities":   {roles: overseers, whose: overLot, when: opened},

	"issuer-application":   {roles: guarantors, whose: guarantor},
	"issuer-guarantees":    {roles: guarantors, whose: self},
	"issuer-offer":         {roles: guarantors, whose: guarantor},
	"issuer-demand":        {roles: guarantors, whose: ofDemand},
	"issuer-deliveries":    {roles: guarantors, whose: self},
	"issuer-take-up":       {roles: guarantors, whose: guarantor, signed: true},
	"issuer-decide":        {roles: guarantors, whose: guarantor, signed: true},
	"issuer-fee":           {roles: guarantors, whose: guarantor, signed: true},
	"issuer-refunded":      {roles: guarantors, whose: guarantor, signed: true},
	"issuer-prepare":       {roles: guarantors, whose: guarantor, signed: true},
	"issuer-issue":         {roles: guarantors, whose: guarantor, signed: true},
	"issuer-deposit":       {roles: guarantors, whose: self, signed: true},
	"issuer-fail":          {roles: guarantors, whose: guarantor, signed: true},
	"issuer-acknowledge":   {roles: guarantors, whose: guarantor, signed: true},
	"issuer-decide-demand": {roles: guarantors, whose: ofDemand, signed: true},
	"issuer-request":       {roles: guarantors, whose: ofDemand, signed: true},
	"issuer-interim":       {roles: guarantors, whose: ofDemand, signed: true},
	"issuer-stay":          {roles: guarantors, whose: ofDemand, signed: true},
	"issuer-resume":        {roles: guarantors, whose: ofDemand, signed: true},
	"issuer-hold":          {roles: guarantors, whose: ofDemand, signed: true},
	"issuer-extend":        {roles: guarantors, whose: ofDemand, signed: true},
	"issuer-paid":          {roles: guarantors, whose: ofDemand, signed: true},

	"list-overdue": {roles: supervisors, whose: staff},

	"read-calendar":   {whose: public},
	"import-calendar": {roles: centres, whose: staff},

	"list-deliveries": {roles: operators, whose: staff},
	"retry-delivery":  {roles: operators, whose: staff},
	"list-notices":    {roles: addressees, whose: self},
	"list-jobs":       {roles: operators, whose: staff},
	"retry-job":       {roles: operators, whose: staff},
}

var (
	bidders       = []party.Role{party.Bidder}
	guarantors    = []party.Role{party.Guarantor}
	beneficiaries = []party.Role{party.Beneficiary}
	tenderers     = []party.Role{party.Beneficiary, party.Agent}
	centres       = []party.Role{party.Centre}
	supervisors   = []party.Role{party.Supervisor}
	overseers     = []party.Role{party.Centre, party.Supervisor, party.Beneficiary, party.Agent}
	operators     = []party.Role{party.Operator}
	ordering      = []party.Role{party.Centre, party.Supervisor}
	concerned     = []party.Role{party.Centre, party.Supervisor, party.Beneficiary, party.Agent, party.Bidder}
	inSession     = []party.Role{party.Beneficiary, party.Agent, party.Bidder}
	addressees    = []party.Role{party.Guarantor, party.Beneficiary, party.Bidder, party.Operator}
	parties       = []party.Role{party.Beneficiary, party.Guarantor, party.Bidder}
)

// permit is the one choke point: it passes the caller to the operation, or answers with what does not exist. The
// desk asks again under its lock; this is so that nobody learns anything on the way there.
func (s *server) permit(ctx context.Context, operation string, x *exchange, id string) error {
	r, ok := ruleOf(operation)
	switch {
	case !ok:
		return absent()
	case r.whose == public:
		return nil
	case (!r.open() || len(r.roles) > 0) && !x.known:
		return errNobody
	case len(r.roles) > 0 && !slices.Contains(r.roles, x.actor.Role), r.signed && !x.signed:
		return absent()
	case r.whose == self || r.whose == staff:
		return nil
	case !isID(id):
		return absent()
	}
	holds, err := s.relations.holds(ctx, r.whose, r.when, x.actor, id)
	if err != nil {
		return err
	}
	if !holds {
		return absent()
	}
	return nil
}

var idShape = regexp.MustCompile(`^[0-9a-f]{32}$`)

// isID refuses every spelling of an id but ours, before a table is asked.
func isID(s string) bool { return idShape.MatchString(s) }
