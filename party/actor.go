package party

import (
	"slices"

	"baohan/signing"
)

// Role is what an organisation may act as.
type Role string

// The roles. A bidder admits itself by its certificate; every other role is given by the operator.
const (
	Bidder      Role = "bidder"      // 投标人: applies for guarantees, bids
	Guarantor   Role = "guarantor"   // 担保机构: bank, insurer or guarantee company
	Beneficiary Role = "beneficiary" // 招标人: runs a tender and is the letters' beneficiary
	Agent       Role = "agent"       // 招标代理机构: runs a tender for the beneficiary
	Centre      Role = "centre"      // 交易中心: closes and opens
	Supervisor  Role = "supervisor"  // 行政监督
	Operator    Role = "operator"    // 平台运营: admits the others
	Custodian   Role = "custodian"   // 密钥保管人: holds a third of every lot's key
)

// Roles lists every role, in the order in which they are shown.
func Roles() []Role {
	return []Role{Bidder, Guarantor, Beneficiary, Agent, Centre, Supervisor, Operator, Custodian}
}

// Known tells whether r is one of Roles.
func (r Role) Known() bool { return slices.Contains(Roles(), r) }

// Actor is who does it: one organisation in one role, by one certificate. Only this package and System make
// one that means anything; a handler takes it from Session or ByFingerprint.
type Actor struct {
	USCC        string         `json:"uscc"`
	Name        string         `json:"name"`
	Role        Role           `json:"role"`
	Certificate signing.Digest `json:"certificate"` // fingerprint of the certificate that proved it
	Machine     bool           `json:"machine"`     // signed the request itself, no session
}

// system is a role nobody can be given: it is not in Roles.
const system Role = "system"

// System acts by the clock: closing at the deadline, lapse, expiry, delivery.
func System() Actor { return Actor{Name: "系统", Role: system, Machine: true} }

// IsSystem tells whether the clock acts, and not a party.
func (a Actor) IsSystem() bool { return a.Role == system && a.USCC == "" }

// Is tells whether a acts in one of roles.
func (a Actor) Is(roles ...Role) bool { return slices.Contains(roles, a.Role) }
