package proof

import (
	"fmt"
)

// Part returns the values of c that pass shard of shards looks for, so that
// what was collected once can be proven in as many passes as memory asks for. c
// must hold all values.
func (c *Collector) Part(shards, shard int) (*Collector, error) {
	opt := c.opt
	if opt.Shards != 1 {
		return nil, fmt.Errorf("proof: a part of a part: the collector holds pass %d of %d only", opt.Shard, opt.Shards)
	}
	opt.Shards, opt.Shard = shards, shard
	out, err := NewCollector(opt)
	if err != nil {
		return nil, err
	}
	for _, p := range [][2]*set{{&out.values, &c.values}, {&out.cells, &c.cells}, {&out.public, &c.public}} {
		for i, k := range p[1].keys {
			if k != 0 && out.mine(k) {
				p[0].put(k, p[1].notes[i], combine)
			}
		}
	}
	// Anchors only say where to look; those of other passes cost a look-up.
	for _, v := range c.anchors.slots {
		if v != 0 {
			out.anchors.put(v, int(v&63)+anchorBytes-1)
		}
	}
	if shard == 0 {
		out.stats = c.stats // counted once over all passes
	}
	return out, nil
}
