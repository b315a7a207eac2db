// SPDX-License-Identifier: GPL-2.0
/* One run: its shape, and the order of what happens. */
#include "oracle.h"

#define MAX_STEPS	20000		/* segments and timers of one run */
#define MAX_TIME	120000		/* milliseconds */
#define MAX_UNITS	24

static void lines(struct world *w, u64 *v)
{
	struct model *c = &w->model[PP_C2S], *s = &w->model[PP_S2C];
	u32 units = 1 + choice_take(v, MAX_UNITS), replies = choice_take(v, MAX_UNITS), i;
	u32 asked = 0;
	u64 d;

	if (choice_chance(v, 2))
		units *= 10;
	model_clear(c);
	model_clear(s);
	c->dir = PP_C2S;
	s->dir = PP_S2C;
	for (i = 0; i < units; i++)
		model_unit(c, choice_draw(w->ch, CH_DATA), w->opaque);
	for (i = 0; i < replies || asked < c->nasks; i++) {
		d = i < replies ? choice_draw(w->ch, CH_DATA + 1) : 0;
		while (asked < c->nasks && (i >= replies || choice_chance(&d, 30))) {
			s->ask_end[asked++] = s->nin;
			model_answer(s);
		}
		if (i < replies)
			model_unit(s, d, w->opaque);
	}
	if (choice_chance(v, 20)) {
		/* The stream may end anywhere. */
		c->nin -= choice_take(v, min(c->nin, 30u) + 1);
		while (c->nasks && c->ask_end[c->nasks - 1] > c->nin)
			c->nasks--;
	}
	model_run(c);
	model_run(s);
}

static void shape_ep(struct world *w, int me, bool hostile)
{
	static const u16 mss[] = { 1460, 16, 40, 100, 300, 536 };
	static const u32 rcvbuf[] = { 65535, 300000, 4000, 1000, 300, 120 };
	struct ep_conf *c = &w->ep[me].conf;
	u64 v = choice_draw(w->ch, CH_SETUP);

	memset(c, 0, sizeof(*c));
	c->sack = choice_chance(&v, 60);
	c->ts = choice_chance(&v, 60);
	c->nagle = choice_chance(&v, 50);
	c->delack = choice_chance(&v, 60);
	c->strict = choice_chance(&v, 50);
	c->dsack = choice_chance(&v, 40);
	c->byte_probe = choice_chance(&v, 40);
	c->odd = choice_chance(&v, 70);
	c->hostile = hostile;
	v = choice_draw(w->ch, CH_SETUP);
	c->urgent = choice_chance(&v, 10);
	c->syn_data = me == PP_C2S && choice_chance(&v, 10);
	c->wscale = choice_take(&v, 3) ? choice_take(&v, 8) : 0xff;
	c->mss = mss[choice_take(&v, ARRAY_SIZE(mss))];
	c->rto = 250 + choice_take(&v, 800);
	c->keepalive = choice_chance(&v, 20) ? 300 + choice_take(&v, 3000) : 0;
	c->pause = choice_chance(&v, 60) ? 1 + choice_take(&v, 400) : 0;
	c->ecn = choice_take(&v, 3);
	c->abort_at = NEVER;
	v = choice_draw(w->ch, CH_SETUP);
	c->clock = choice_chance(&v, 50) ? 0u - choice_take(&v, 3000) : (u32)choice_take(&v, 1u << 30);
	/* Numbers wrap often, and places half way round. */
	c->iss = choice_take(&v, 3) * 0x40000000u - choice_take(&v, 2000);
	if (choice_chance(&v, 30))
		c->iss = 0x80000000u - choice_take(&v, 2000);
	if (!w->hostile) {
		c->rcvbuf = rcvbuf[choice_take(&v, ARRAY_SIZE(rcvbuf))];
		while (c->wscale != 0xff && c->wscale && c->rcvbuf >> c->wscale < 8)
			c->wscale--;
		c->slow = choice_chance(&v, 35);
		c->shrink = choice_chance(&v, 10);
	} else {
		c->rcvbuf = 65535;
	}
}

static void shape_net(struct world *w)
{
	static const u8 loss[] = { 0, 5, 20, 40 };
	u64 v = choice_draw(w->ch, CH_SETUP);
	u32 i;

	memset(w->net.loss, 0, sizeof(w->net.loss));
	memset(w->net.dup, 0, sizeof(w->net.dup));
	memset(w->net.jitter, 0, sizeof(w->net.jitter));
	for (i = 0; i < NR_LINKS; i++) {
		w->net.loss[i] = loss[choice_take(&v, ARRAY_SIZE(loss))];
		w->net.dup[i] = loss[choice_take(&v, 3)];
		w->net.jitter[i] = choice_take(&v, 2) ? 0 : 1 + choice_take(&v, 300);
	}
	v = choice_draw(w->ch, CH_SETUP);
	for (i = 0; i < NR_LINKS; i++)
		w->net.mark[i] = loss[choice_take(&v, ARRAY_SIZE(loss))];
	w->net.aside = choice_chance(&v, 5) ? 50 : 0;
	w->net.cut = choice_chance(&v, 40) ? 40 : 0;
	w->net.serial = 0;
	w->net.forge = w->attack;
	v = choice_draw(w->ch, CH_SETUP);
	w->box.starved = choice_chance(&v, 5) ? 20 : 0;
	w->box.most = choice_chance(&v, 30) ? 20 + choice_take(&v, 1000) : 0;
	w->heal = v ? 2000 + choice_take(&v, 20000) : 0;
	w->net.next_forge = w->attack && choice_chance(&v, 20) ? 0 : NEVER;
}

static void shape(struct world *w)
{
	u64 v = choice_draw(w->ch, CH_SETUP);
	u32 rules = (1u << TALK_RULES) - 1, who;

	if (choice_take(&v, 2))
		rules = choice_take(&v, 1u << TALK_RULES);
	w->hostile = choice_chance(&v, 25) && !w->box.through;
	w->opaque = choice_chance(&v, w->hostile ? 70 : 40);
	w->aborts = choice_chance(&v, 5);
	/* Without this rule nobody looks at the bytes behind a number. */
	if (!w->opaque && w->hostile)
		rules |= 1u << 5;
	who = choice_take(&v, 3);
	w->model[PP_C2S].rules = w->box.through ? 0 : rules;
	w->model[PP_S2C].rules = w->model[PP_C2S].rules;
	w->box.rs = talk_rules(w->talk, rules);
	lines(w, &v);
	shape_ep(w, PP_C2S, w->hostile && who != 1);
	shape_ep(w, PP_S2C, w->hostile && who != 0);
	v = choice_draw(w->ch, CH_SETUP);
	if (choice_chance(&v, 50))
		w->ep[choice_take(&v, 2)].conf.late = true;
	if (w->aborts)
		w->ep[choice_take(&v, 2)].conf.abort_at = choice_take(&v, 3000);
	shape_net(w);
}

/* The next thing happens; false if nothing will. */
static bool step(struct world *w)
{
	u64 at = NEVER, t;
	int who = -1, me;

	if (net_next(&w->net, &at))
		who = 2;
	for (me = PP_C2S; me <= PP_S2C; me++) {
		t = ep_next(w, me);
		if (t < at) {
			at = t;
			who = me;
		}
	}
	t = box_next(w);
	if (t < at) {
		at = t;
		who = 3;
	}
	if (w->net.next_forge < at) {
		at = w->net.next_forge;
		who = 4;
	}
	if (at == NEVER || at > w->heal + MAX_TIME)
		return false;
	w->now = max(w->now, at);
	switch (who) {
	case 2:
		net_arrive(w);
		break;
	case 3:
		box_timer(w);
		break;
	case 4:
		net_forge(w);
		break;
	default:
		ep_timer(w, who);
		break;
	}
	return true;
}

/**
 * run_once - one run
 * @w: the run; @ch, @talk, @attack and @trace are set
 *
 * Return: no contradiction was found; else &world.error says which.
 */
bool run_once(struct world *w)
{
	u32 i;

	memset(w->ch->n, 0, sizeof(w->ch->n));
	w->error[0] = '\0';
	w->edits = false;
	w->resent = false;
	w->now = 0;
	shape(w);
	box_open(w);
	judge_begin(w);
	ep_begin(w, PP_S2C);
	ep_begin(w, PP_C2S);
	for (i = 0; i < MAX_STEPS && !w->error[0]; i++) {
		if (w->net.next_forge != NEVER && w->now >= w->heal)
			w->net.next_forge = NEVER;
		if (ep_done(w, PP_C2S) && ep_done(w, PP_S2C) && !w->net.n)
			break;
		if (!step(w))
			break;
	}
	if (i == MAX_STEPS)
		world_fault(w, "I4: no end after %u segments and timers", i);
	judge_end(w);
	net_clear(w);
	box_close(w);
	return !w->error[0];
}

/**
 * run_free - free what runs share
 * @w: the run
 */
void run_free(struct world *w)
{
	int dir;

	for (dir = PP_C2S; dir <= PP_S2C; dir++) {
		ep_end(&w->ep[dir]);
		free(w->model[dir].in);
		free(w->model[dir].out);
		free(w->model[dir].y);
		free(w->model[dir].yend);
		free(w->model[dir].edited);
		free(w->model[dir].opaque);
		free(w->model[dir].origin);
		free(w->judge[dir].first);
		free(w->judge[dir].set);
		free(w->judge[dir].said);
	}
	free(w->net.heap);
}
