/*
 * What the rooms of members share: people as their own administrator sees them, as the platform's
 * security administrator sees them, invitations as they are listed, and the statements and events
 * behind them.
 */
#ifndef MEMBER_ROWS_H
#define MEMBER_ROWS_H

#include "credential.h"
#include "login.h"

#define ROLES_ADMIN (ROLE_UNIT_ADMIN | ROLE_SUPPLIER_ADMIN | ROLE_SECURITY_ADMIN)
#define ROLES_ALL   (ROLES_UNIT | ROLES_SUPPLIER | ROLES_AUTHORITY)

enum { NAME_MAX_LENGTH = 60, REASON_MAX = 500 };

/* ---- rows -------------------------------------------------------------------- */

struct member {
	struct id user;
	struct text login, name;
	uint32_t roles;
	int32_t status, user_status; /* enum status: of the membership; of the user everywhere */
	struct text phone_sealed;
	bool has_totp;
	int64_t last_login_at, created_at, ended_at; /* INT_NONE: never */
	int64_t version;                             /* of both rows together */
	bool is_shared;                              /* belongs to other organisations too */
	struct text phone;      /* in full inside an event, masked in an answer */
	int64_t api_keys_ended; /* by an event */
};

/* Somebody as the platform's security administrator finds him by his login. */
struct platform_user {
	struct id id;
	struct text login, name;
	int32_t status;
	bool has_totp;
	int64_t locked_until; /* instant of the latest lock; may be over */
	int64_t version;
	struct list memberships; /* of struct platform_membership */
};
struct platform_membership {
	struct id organisation;
	struct text code, name;
	uint32_t roles;
	int32_t status;
};

enum invitation_state {
	INVITATION_OPEN,
	INVITATION_ACCEPTED,
	INVITATION_REVOKED,
	INVITATION_EXPIRED
};
extern const char *const invitation_state_words[];

struct invitation_row {
	struct invitation invitation;
	int32_t state;
	int64_t accepted_at, revoked_at;
	struct text phone_sealed;
	struct id created_by;     /* NO_ID: the system, or whoever applied */
	struct text token_digest; /* its bytes */
};

/* A unit that nobody belongs to, and the invitation that goes out to it. */
struct unit_invitation {
	struct id unit, id, batch, created_by;
	struct text code, name;
	uint32_t roles;
	int32_t kind;
	int64_t created_at, expires_at;
	struct text token, link, token_digest;
};

/* ---- rules ------------------------------------------------------------------- */

/* The roles that whoever holds @actor_roles may give and take. */
uint32_t roles_grantable(uint32_t actor_roles);
/* ERR_ROLE_GRANT, named for each role of @alien; OK where there is none. */
enum err roles_refused(uint32_t alien, struct problems *problems);
/* The same for those of @roles that @actor_roles cannot give or take. */
enum err roles_granted(uint32_t actor_roles, uint32_t roles, struct problems *problems);
/* The administrators' roles that @organisation can give. */
uint32_t roles_of_admin(const struct organisation *organisation);
/* 6 to 20 digits, + in front, single blanks or hyphens between them; or nothing. */
bool phone_is_valid(struct text phone);

/* ---- statements -------------------------------------------------------------- */

/* Those whose membership is in @status; SMALL_NONE: all that have not ended. */
enum err member_list(struct db *db, struct arena *arena, struct id organisation, int32_t status,
		     struct id after, int64_t limit, struct list *out);
enum err member_read(struct db *db, struct arena *arena, struct id organisation, struct id user,
		     struct member *out);
/* The same with both rows locked, inside an event. */
enum err member_lock(struct db *db, struct arena *arena, struct id organisation, struct id user,
		     struct member *out);
/* Active members of @organisation but @user (NO_ID: all) who hold any of @roles; their rows are
 * locked. */
enum err members_with(struct db *db, struct id organisation, struct id user, uint32_t roles,
		      int64_t *count);
/* Writes roles, status and ended_at of @member; and, of his person, name and phone. */
enum err membership_write(struct db *db, struct id organisation, const struct member *member);
/* Active security administrators of the platform but @user; their rows are locked. */
enum err platform_security(struct db *db, struct id user, int64_t *count);
enum err person_write(struct db *db, const struct member *member);
/* Ends the sessions of @user that act for @organisation. */
enum err member_sessions_end(struct db *db, struct id user, struct id organisation, int64_t now);
enum err organisation_by_id(struct db *db, struct arena *arena, struct id organisation,
			    struct organisation *out);

enum err platform_user_by_login(struct db *db, struct arena *arena, struct text login,
				struct platform_user *out);
enum err platform_user_lock(struct db *db, struct arena *arena, struct id user,
			    struct platform_user *out);
enum err platform_memberships(struct db *db, struct arena *arena, struct id user, struct list *out);
enum err user_status_write(struct db *db, struct id user, int32_t status);

/* Those that give roles of @grantable alone, and resets of members who have no others. */
enum err invitation_list(struct db *db, struct arena *arena, struct id organisation,
			 uint32_t grantable, int32_t state, int64_t now, struct id after,
			 int64_t limit, struct list *out);
/* The open invitation behind a token; ERR_NOT_FOUND for every other one. */
enum err invitation_by_token(struct db *db, struct arena *arena, struct text token, int64_t now,
			     struct invitation_row *out);
enum err invitation_lock(struct db *db, struct arena *arena, struct id invitation, int64_t now,
			 struct invitation_row *out);
enum err invitation_write(struct db *db, const struct invitation *invitation,
			  struct text phone_sealed, struct id created_by);
enum err invitation_accepted(struct db *db, struct id invitation, struct id user, int64_t now);
/* Counts a refusal of an open one; *revoked: it was the last that it may have. */
enum err invitation_refused(struct db *db, struct id invitation, int64_t now, bool *revoked);
/* Any invitation into @organisation, locked; ERR_NOT_FOUND for those of others. */
enum err invitation_of(struct db *db, struct arena *arena, struct id organisation,
		       struct id invitation, int64_t now, struct invitation_row *out);
/* ERR_CONFLICT for one that is not open. */
enum err invitation_revoke(struct db *db, struct id organisation, struct id invitation,
			   int64_t now);
/* All open links by which @user would get a new password. */
enum err resets_revoke(struct db *db, struct id user, int64_t now);
/* All open links that @user sent into @organisation; NO_ID: into those that the user belongs to. */
enum err links_revoke(struct db *db, struct id user, struct id organisation, int64_t now);
/* Clears the numbers of whoever was invited and did not come in time: so many rows. */
enum err invitation_phones_forget(struct db *db, int64_t now, uint64_t *count);
/* What @row's sender is now, while active; nothing, where it was nobody. */
struct sender {
	bool own;      /* an administrator of the organisation that it leads to */
	bool oversees; /* somebody who invites for an authority */
	bool platform; /* security administrator of that organisation, which is the platform */
};
enum err sender_read(struct db *db, struct arena *arena, const struct invitation_row *row,
		     struct sender *out);

/* Active units in @scope that nobody belongs to, by code, at most @limit. */
enum err units_without_members(struct db *db, struct arena *arena, const struct scope *scope,
			       int64_t limit, struct list *out);
/* Of struct unit_invitation: takes back what is open for these units, and writes the new ones. */
enum err unit_invitations_revoke(struct db *db, struct arena *arena, const struct list *rows,
				 int64_t now);
enum err unit_invitations_write(struct db *db, const struct list *rows);

/* ---- events ------------------------------------------------------------------ */

/* A change of one member by an administrator of his organisation. */
struct member_change {
	struct id user;
	int64_t version;                 /* as req_version gives it */
	uint32_t roles;                  /* 0: as they are */
	struct text name, phone, reason; /* NO_TEXT: as they are; an empty phone: none any more */
	struct member member;            /* out: how he is afterwards */
};
event_fn member_update;  /* roles, name, phone */
event_fn member_end;     /* the membership ends */
event_fn member_suspend; /* his sessions for the organisation end */
event_fn member_resume;
event_fn member_disclose; /* member.phone in full */
event_fn me_update;       /* name and phone of the actor */

struct member_reset {
	struct id user;
	struct invitation invitation; /* id and token made; the rest is filled in */
};
event_fn member_reset;   /* by his own administrator */
event_fn platform_reset; /* by the platform's */

struct platform_change {
	struct id user;
	struct text reason;
	struct platform_user after; /* out */
	int64_t api_keys_ended;     /* out */
};
event_fn user_suspend;
event_fn user_resume;
event_fn user_unlock;
event_fn user_totp_remove;

event_fn invitation_issue;     /* arg: struct invitation */
event_fn invitation_take_back; /* arg: struct id */
event_fn units_invite;         /* arg: struct list of struct unit_invitation, all of one batch */

/* What comes back through a link. */
struct acceptance {
	struct id invitation;
	struct id user;
	bool is_new; /* the user is made by it */
	struct text login, name;
	struct text password_hash;   /* of somebody new, or of a new password */
	struct text password_before; /* of a user who joins, or whose password was reset */
	struct id past;              /* of the row that keeps a password that was reset */
	struct login_place place;    /* of a user who joins, with */
	struct factor factor;
	struct id organisation; /* out, as the rest */
	struct text organisation_name;
	uint32_t roles;
	int64_t api_keys_ended;
	bool hashed; /* it cost as much as a login */
};
event_fn invitation_accept;
/* Of an acceptance that was refused after it had cost a hash: counts it, for whoever it named too,
 * and revokes the link that was refused too often. */
event_fn invitation_refuse;

/* ---- handlers ---------------------------------------------------------------- */

enum err get_members(struct req *rq);
enum err get_member(struct req *rq);
enum err patch_member(struct req *rq);
enum err delete_member(struct req *rq);
enum err post_member_suspension(struct req *rq);
enum err post_member_resumption(struct req *rq);
enum err post_member_disclosure(struct req *rq);
enum err post_member_reset(struct req *rq);
enum err patch_me(struct req *rq);
enum err get_users(struct req *rq);
enum err post_user_suspension(struct req *rq);
enum err post_user_resumption(struct req *rq);
enum err post_user_reset(struct req *rq);
enum err delete_user_locks(struct req *rq);
enum err delete_user_totp(struct req *rq);
enum err get_invitations(struct req *rq);
enum err post_invitation(struct req *rq);
enum err delete_invitation(struct req *rq);
enum err post_unit_invitations(struct req *rq);
enum err post_acceptance(struct req *rq);

/* The answer that tells @invitation's link, this once. */
enum err reply_link(struct req *rq, struct invitation *invitation);

#endif
