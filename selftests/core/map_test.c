// SPDX-License-Identifier: GPL-2.0
/*
 * The sequence map under a hostile network: segments cut anywhere, lost on either
 * side of the engine, reordered, duplicated, sent again with other bytes, numbers
 * that wrap. What arrives must be what the oracle says, however it came.
 */
#include "../../userspace/stream.h"
#include "mini.h"
#include "tap.h"

#include <stdio.h>

#define RUNS	400
#define QUEUE	16

/**
 * struct net - a connection over a bad network
 * @s: the connection
 * @in: what each end sends
 * @want: what must arrive
 * @random: the sequence
 * @loss: of 100 packets behind the engine, so many are lost
 * @forge: bytes the engine has may be sent again as others
 * @queue: packets under way behind the engine
 * @n: elements of @queue
 */
struct net {
	struct stream s;
	struct bytes in[2];
	struct bytes want[2];
	u64 random;
	u32 loss;
	bool forge;
	struct stream_packet queue[QUEUE];
	u32 n;
};

static bool chance(struct net *net, u32 percent)
{
	return test_random(&net->random) % 100 < percent;
}

static void deliver(struct net *net, u32 i)
{
	struct stream_packet p = net->queue[i];

	net->queue[i] = net->queue[--net->n];
	stream_deliver(&net->s, &p);
	free(p.data);
}

/* What leaves the engine is lost, overtaken or doubled. */
static void travel(struct net *net, struct stream_packet *p)
{
	struct stream_packet twin = *p;

	if (chance(net, net->loss)) {
		free(p->data);
		return;
	}
	if (chance(net, net->loss / 3) && net->n < QUEUE) {
		twin.data = malloc(p->len + 1);
		memcpy(twin.data, p->data, p->len);
		net->queue[net->n++] = twin;
	}
	if (net->n == QUEUE)
		deliver(net, test_random(&net->random) % QUEUE);
	net->queue[net->n++] = *p;
	if (!net->loss)
		deliver(net, net->n - 1);
}

/* A packet may leave in parts, cut anywhere: also inside what an edit wrote. */
static void carry(struct stream *s, void *priv, struct stream_packet *p)
{
	struct stream_packet rest = *p;
	struct net *net = priv;

	(void)s;
	if (p->len < 2 || !chance(net, 40)) {
		travel(net, p);
		return;
	}
	p->len = 1 + test_random(&net->random) % (p->len - 1);
	p->flags &= ~PP_TCP_FIN;
	rest.seq += p->len;
	rest.len -= p->len;
	rest.data = malloc(rest.len);
	memcpy(rest.data, p->data + p->len, rest.len);
	travel(net, p);
	travel(net, &rest);
}

static size_t some_len(struct net *net, size_t most)
{
	u32 r = test_random(&net->random);

	/* So many edits in one segment need more pieces than a packet may have. */
	if (!net->loss)
		most = min(most, (size_t)512);
	return 1 + (r >> 4) % min(most, (size_t)(1u << (r & 15) % 12));
}

static void send_new(struct net *net, int dir)
{
	struct stream_half *h = &net->s.half[dir];
	size_t at = min(h->snd_nxt, h->nsent), len;

	if (at == h->nsent || at - min(h->una, at) > STREAM_WINDOW - 4096)
		return;
	len = some_len(net, h->nsent - at);
	if (chance(net, net->loss)) {
		/* Lost in front of the engine. */
		h->snd_nxt = at + len;
		return;
	}
	stream_segment(&net->s, dir, at, len);
}

static void send_old(struct net *net, int dir)
{
	struct stream_half *h = &net->s.half[dir];
	size_t end = min(h->snd_nxt, h->nsent), from, len, n;
	u8 *other;

	if (!end)
		return;
	/* Sometimes all the way back, as a duplicate that comes late. */
	from = chance(net, 10) ? 0 : min(h->una, end - 1);
	from += test_random(&net->random) % min(end - from, (size_t)4096);
	len = some_len(net, end - from);
	for (n = 0; n < len && !h->sacked[from + n]; n++)
		;
	if (!n)
		return;
	if (net->forge && chance(net, 30) &&
	    from + n <= (size_t)(net->s.conn.half[dir].pos.rcv_x - (h->isn + 1))) {
		other = malloc(n);
		memset(other, '\n', n);
		stream_forged(&net->s, dir, from, other, n);
		free(other);
		return;
	}
	stream_segment(&net->s, dir, from, n);
}

static bool step(struct net *net)
{
	int dir = test_random(&net->random) & 1;

	switch (test_random(&net->random) % 8) {
	case 0:
	case 1:
	case 2:
		send_new(net, dir);
		break;
	case 3:
	case 4:
		send_old(net, dir);
		break;
	case 5:
		stream_ack(&net->s, dir);
		break;
	default:
		if (net->n)
			deliver(net, test_random(&net->random) % net->n);
		break;
	}
	return !net->s.error[0] && !net->s.reset;
}

static bool all_sent(const struct net *net)
{
	const struct stream_half *h = net->s.half;

	return h[0].snd_nxt >= h[0].nsent && h[1].snd_nxt >= h[1].nsent;
}

static void check(struct net *net)
{
	int dir;

	for (dir = PP_C2S; dir <= PP_S2C; dir++) {
		const struct stream_half *h = &net->s.half[dir];
		const struct bytes *want = &net->want[dir];
		size_t i, n = min(want->n, h->rcv_nxt);

		for (i = 0; i < n && want->p[i] == h->got[i]; i++)
			;
		if (i < n)
			stream_fault(&net->s, "direction %d: byte %zu of %zu is 0x%02x, not 0x%02x",
				     dir, i, want->n, h->got[i], want->p[i]);
		else if (want->n != h->rcv_nxt)
			stream_fault(&net->s, "direction %d: %zu bytes arrived of %zu", dir,
				     h->rcv_nxt, want->n);
	}
}

static bool one_run(const struct mini *m, const struct pp_ruleset *rs, u64 seed, u32 loss,
		    bool opaque, bool forge)
{
	struct net *net = calloc(1, sizeof(*net));
	struct stream *s = &net->s;
	size_t size;
	u32 i;
	bool good;
	int dir;

	net->random = seed;
	net->loss = loss;
	net->forge = forge;
	s->lossy = loss || forge;
	s->use_sack = seed & 1;
	s->use_ts = seed & 2;
	s->scattered = seed & 4;
	s->carry = carry;
	s->carry_priv = net;
	stream_open(s, &m->gimg, rs, test_random(&net->random) << 1, 0u - seed % 5000);
	for (dir = PP_C2S; dir <= PP_S2C; dir++) {
		size = 1 + test_random(&net->random) % (opaque ? 20000 : 4000);
		mini_input(&net->in[dir], dir, size, &net->random, opaque);
		if (rs)
			mini_oracle(&net->in[dir], dir, &net->want[dir]);
		else
			bytes_add(&net->want[dir], net->in[dir].p, net->in[dir].n);
		stream_write(s, dir, net->in[dir].p, net->in[dir].n);
	}
	for (i = 0; i < 20000 && !all_sent(net); i++)
		if (!step(net))
			break;
	/* Now the network is well again. */
	net->loss = 0;
	while (net->n)
		deliver(net, 0);
	for (dir = PP_C2S; dir <= PP_S2C; dir++)
		stream_flush(s, dir);
	for (dir = PP_C2S; dir <= PP_S2C && !s->error[0]; dir++) {
		stream_fin(s, dir);
		stream_flush(s, dir);
	}
	if (s->reset)
		stream_fault(s, "the connection was reset");
	if (stream_settled(s))
		check(net);
	good = !s->error[0];
	if (!good)
		tap_note("seed %llu, loss %u%s%s: %s", (unsigned long long)seed, loss,
			 opaque ? ", opaque spans" : "", forge ? ", forged bytes" : "", s->error);
	stream_close(s);
	for (dir = PP_C2S; dir <= PP_S2C; dir++) {
		free(net->in[dir].p);
		free(net->want[dir].p);
	}
	free(net);
	return good;
}

static void many(const struct mini *m, const struct pp_ruleset *rs, const char *name, u32 loss,
		 bool opaque, bool forge, u64 only)
{
	u32 bad = 0, n = 0;
	u64 seed;

	for (seed = only ? only : 1; seed <= (only ? only : RUNS) && bad < 3; seed++, n++)
		bad += !one_run(m, rs, seed, loss, opaque, forge);
	tap_ok(!bad, "%s, %u runs", name, n);
}

int main(int argc, char **argv)
{
	u64 only = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	struct mini m;

	if (!mini_open(&m)) {
		tap_ok(false, "the small protocol compiles");
		return tap_done();
	}
	many(&m, m.rs, "in order", 0, false, false, only);
	many(&m, m.rs, "in order, opaque spans", 0, true, false, only);
	many(&m, m.rs, "10 in 100 lost", 10, false, false, only);
	many(&m, m.rs, "30 in 100 lost", 30, false, false, only);
	many(&m, m.rs, "20 in 100 lost, opaque spans", 20, true, false, only);
	many(&m, m.rs, "20 in 100 lost, other bytes sent again", 20, false, true, only);
	many(&m, NULL, "20 in 100 lost, no rules", 20, true, false, only);
	mini_close(&m);
	return tap_done();
}
