package domain

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// AuditFinding is one thing that is wrong with the audit trail.
type AuditFinding struct {
	Kind    AuditFault
	Chain   int
	Seq     int64 // the place in the chain, 0 for the chain as a whole
	Message string
}

// AuditFault is how a trail was tampered with.
type AuditFault string

const (
	AuditEdited     AuditFault = "edit"       // a row says something else than when it was written
	AuditReordered  AuditFault = "reordering" // a row stands in another's place
	AuditReplaced   AuditFault = "replaced"   // a row is not the one that the next was chained to: rewritten with its hash, or forged
	AuditInserted   AuditFault = "insertion"  // a row stands where none was written
	AuditDeleted    AuditFault = "deletion"   // rows are gone from the middle
	AuditTruncated  AuditFault = "truncation" // rows are gone from the end
	AuditHeadMoved  AuditFault = "head"       // a chain's end was rewritten
	AuditBaseMoved  AuditFault = "base"       // what pruning left was rewritten: rows are gone from the beginning
	AuditRewritten  AuditFault = "rewriting"  // the history before a checkpoint is another
	AuditUnreadable AuditFault = "unreadable" // a row holds what no row can
	AuditPublished  AuditFault = "published"  // what was published is gone, or another than the trail says
)

// AuditReport is what a verification found.
type AuditReport struct {
	Rows     int64
	Chains   int
	Findings []AuditFinding
	Omitted  int // findings beyond those listed
}

// Bounds on what a verification remembers, however much is wrong.
const (
	mostFindings = 1000
	mostSuspects = 500
)

// AuditCheck verifies the trail row by row, in constant memory but for what was published: Row for each in the order of
// chain and place, Published for each snapshot, then Finish. It recomputes every hash, and believes only the checkpoint.
//
// What is consistent in itself is found by the checkpoint alone: rows cut from the end together
// with the chain's head, a history rewritten with all its hashes. Rows that somebody with the
// database's highest rights appended after the last checkpoint, or cut there, leave no mark.
type AuditCheck struct {
	heads  map[int]AuditHead
	anchor map[int]AuditHead
	at     time.Time // of the checkpoint
	now    time.Time
	report AuditReport

	chain    int // the one being read, 0 before the first
	seen     map[int]bool
	last     int64
	lastHash []byte
	linked   bool // lastHash is what the next row must follow

	suspects []AuditEvent // rows whose hash is another's, to be told apart at the end
	pruning  *AuditEvent  // the last that is in the trail

	published map[string]publication // by snapshot
}

// publication is what the trail says of a snapshot.
type publication struct {
	hash  string
	chain int
	seq   int64
}

// hashInTrail is how the row of a publication names the hash of what was published.
const hashInTrail = "sha256 "

// InTrail is the hash as the trail has it.
func (s Snapshot) InTrail() string { return hashInTrail + s.Sha256 }

// NewAuditCheck begins a verification of chains that end in those heads, against a checkpoint if
// there is one.
func NewAuditCheck(heads []AuditHead, checkpoint *Checkpoint, now time.Time) *AuditCheck {
	c := &AuditCheck{heads: map[int]AuditHead{}, anchor: map[int]AuditHead{}, seen: map[int]bool{}, now: now, published: map[string]publication{}}
	for _, head := range heads {
		c.heads[head.Chain] = head
	}
	if checkpoint != nil {
		c.at = checkpoint.At
		for _, head := range checkpoint.Heads {
			c.anchor[head.Chain] = head
		}
	}
	c.report.Chains = len(heads)
	return c
}

func (c *AuditCheck) find(kind AuditFault, chain int, seq int64, format string, args ...any) {
	if len(c.report.Findings) == mostFindings {
		c.report.Omitted++
		return
	}
	c.report.Findings = append(c.report.Findings, AuditFinding{kind, chain, seq, fmt.Sprintf(format, args...)})
}

// Unreadable notes a row that could not even be read.
func (c *AuditCheck) Unreadable() {
	c.report.Rows++
	c.find(AuditUnreadable, c.chain, 0, "a row after place %d holds what no row can hold", c.last)
}

// Row takes the next row.
func (c *AuditCheck) Row(e AuditEvent) {
	c.report.Rows++
	if e.Chain != c.chain {
		c.end()
		c.begin(e.Chain)
	}
	head, known := c.heads[e.Chain]
	switch {
	case !known:
		c.find(AuditInserted, e.Chain, e.Seq, "row %d stands in a chain that there is not", e.ID)
		return
	case e.Seq <= c.last:
		c.find(AuditInserted, e.Chain, e.Seq, "row %d stands where rows were already", e.ID)
		return
	case e.Seq > head.Seq:
		c.find(AuditInserted, e.Chain, e.Seq, "row %d stands after the end of its chain", e.ID)
		return
	case e.Seq > c.last+1:
		c.find(AuditDeleted, e.Chain, c.last+1, "rows %d to %d are gone", c.last+1, e.Seq-1)
		c.linked = false
	}
	sound := bytes.Equal(e.Digest(), e.Hash)
	switch {
	case !sound:
		c.suspect(e)
	case c.linked && !bytes.Equal(e.PrevHash, c.lastHash):
		c.find(AuditReplaced, e.Chain, e.Seq-1, "the row before row %d is not the one that it was chained to", e.ID)
	case e.Kind == "audit" && e.Action == "pruned" && (c.pruning == nil || e.ID > c.pruning.ID):
		c.pruning = &e
	}
	if sound && e.Kind == "snapshot" && e.Action == "published" && len(e.RecordIDs) == 1 && e.Reason != nil {
		if hash, named := strings.CutPrefix(*e.Reason, hashInTrail); named {
			c.published[e.RecordIDs[0]] = publication{hash, e.Chain, e.Seq}
		}
	}
	if anchor, anchored := c.anchor[e.Chain]; anchored && anchor.Seq == e.Seq && !bytes.Equal(anchor.Hash, e.Hash) {
		c.find(AuditRewritten, e.Chain, e.Seq, "row %d is not the one that the checkpoint names: what came before it was rewritten", e.ID)
	}
	c.last, c.lastHash, c.linked = e.Seq, e.Hash, sound
}

func (c *AuditCheck) begin(chain int) {
	head := c.heads[chain]
	c.chain, c.seen[chain] = chain, true
	c.last, c.lastHash, c.linked = head.PrunedSeq, head.PrunedHash, true
}

// end settles the chain that was being read.
func (c *AuditCheck) end() {
	head, known := c.heads[c.chain]
	switch {
	case !known:
	case c.last < head.Seq:
		c.find(AuditTruncated, c.chain, c.last+1, "rows %d to %d are gone from the end", c.last+1, head.Seq)
	case !bytes.Equal(c.lastHash, head.Hash):
		c.find(AuditHeadMoved, c.chain, head.Seq, "the chain's end does not name its last row")
	}
}

func (c *AuditCheck) suspect(e AuditEvent) {
	if len(c.suspects) < mostSuspects {
		c.suspects = append(c.suspects, e)
		return
	}
	c.find(AuditEdited, e.Chain, e.Seq, "row %d is not as it was written", e.ID)
}

// Published takes a snapshot as it is kept, with the hash of its document. Of one whose row was pruned, nobody can tell.
func (c *AuditCheck) Published(id, hash string) {
	if said, known := c.published[id]; known {
		if delete(c.published, id); said.hash != hash {
			c.find(AuditPublished, said.chain, said.seq, "snapshot %s is not the document that was published", id)
		}
	}
}

// Finish says what was found.
func (c *AuditCheck) Finish() AuditReport {
	c.end()
	for _, id := range slices.Sorted(maps.Keys(c.published)) {
		c.find(AuditPublished, c.published[id].chain, c.published[id].seq, "snapshot %s, which was published, is gone", id)
	}
	for chain := 1; chain <= AuditChains; chain++ {
		head, known := c.heads[chain]
		if !known {
			c.find(AuditHeadMoved, chain, 0, "the chain's end is gone")
			continue
		}
		if !c.seen[chain] {
			c.begin(chain)
			c.end()
		}
		c.checkAnchor(head)
	}
	c.checkBases()
	c.tellSuspects()
	return c.report
}

// tellSuspects tells rows that changed places from rows that were edited.
func (c *AuditCheck) tellSuspects() {
	for i, e := range c.suspects {
		other := slices.IndexFunc(c.suspects, func(o AuditEvent) bool { return o.ID != e.ID && belongs(e, o) })
		if other >= 0 {
			o := c.suspects[other]
			c.find(AuditReordered, e.Chain, e.Seq, "row %d belongs where row %d is, at %d of chain %d", c.suspects[i].ID, o.ID, o.Seq, o.Chain)
			continue
		}
		c.find(AuditEdited, e.Chain, e.Seq, "row %d is not as it was written", e.ID)
	}
}

// belongs tells whether a row is whole again in another's place: with its own hashes, or with
// the other's, under its own number or the other's.
func belongs(e, other AuditEvent) bool {
	moved := e
	moved.Chain, moved.Seq = other.Chain, other.Seq
	if bytes.Equal(moved.Digest(), e.Hash) {
		return true
	}
	moved.PrevHash = other.PrevHash
	if bytes.Equal(moved.Digest(), other.Hash) {
		return true
	}
	moved.ID = other.ID
	return bytes.Equal(moved.Digest(), other.Hash)
}

// checkBases compares where the chains begin with what the last pruning wrote down.
func (c *AuditCheck) checkBases() {
	written := map[int]string{}
	if c.pruning != nil {
		for _, base := range c.pruning.RecordIDs {
			var chain int
			if _, err := fmt.Sscanf(base, "%d:", &chain); err == nil {
				written[chain] = base
			}
		}
	}
	for _, chain := range slices.Sorted(maps.Keys(c.heads)) {
		head := c.heads[chain]
		want, pruned := written[chain]
		if !pruned {
			want = AuditHead{Chain: chain, PrunedHash: genesis(chain)}.Base()
		}
		if head.Base() != want {
			seq := strings.Split(want, ":")[1]
			c.find(AuditBaseMoved, chain, head.PrunedSeq, "the chain begins after place %d, and the last pruning in the trail left it at %s", head.PrunedSeq, seq)
		}
	}
}

// Base is where the chain begins, as the audit row of a pruning names it.
func (h AuditHead) Base() string { return fmt.Sprintf("%d:%d:%x", h.Chain, h.PrunedSeq, h.PrunedHash) }

// checkAnchor compares a chain with its state at the checkpoint. The row that the checkpoint
// names was compared as it came by, unless it was pruned.
func (c *AuditCheck) checkAnchor(head AuditHead) {
	anchor, anchored := c.anchor[head.Chain]
	if !anchored {
		return
	}
	day := c.at.UTC().Format(time.RFC3339)
	switch {
	case head.Seq < anchor.Seq:
		c.find(AuditTruncated, head.Chain, head.Seq+1, "rows %d to %d are gone from the end: the checkpoint of %s counted them", head.Seq+1, anchor.Seq, day)
	case head.PrunedSeq < anchor.PrunedSeq, head.PrunedSeq == anchor.PrunedSeq && !bytes.Equal(head.PrunedHash, anchor.PrunedHash):
		c.find(AuditBaseMoved, head.Chain, head.PrunedSeq, "the chain does not begin where the checkpoint of %s saw it begin", day)
	case head.PrunedSeq == anchor.Seq && !bytes.Equal(head.PrunedHash, anchor.Hash):
		c.find(AuditRewritten, head.Chain, anchor.Seq, "the chain begins after another row than the checkpoint of %s names", day)
	case head.PrunedSeq > anchor.Seq && c.at.AddDate(0, ShortestAuditMonths, 0).After(c.now):
		c.find(AuditBaseMoved, head.Chain, head.PrunedSeq, "rows written after the checkpoint of %s were pruned before their %d months", day, ShortestAuditMonths)
	}
}
