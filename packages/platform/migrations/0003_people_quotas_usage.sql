CREATE TABLE "members" (
	"user" text NOT NULL,
	"project" text NOT NULL,
	"role" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "members_user_project_pk" PRIMARY KEY("user","project")
);
--> statement-breakpoint
CREATE TABLE "quotas" (
	"project" text NOT NULL,
	"key" text DEFAULT '' NOT NULL,
	"model" text DEFAULT '' NOT NULL,
	"requests_per_minute" integer,
	"tokens_per_minute" integer,
	"requests_per_month" bigint,
	"tokens_per_month" bigint,
	CONSTRAINT "quotas_project_key_model_pk" PRIMARY KEY("project","key","model")
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"hash" text PRIMARY KEY NOT NULL,
	"user" text NOT NULL,
	"project" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "usage" (
	"hour" timestamp (3) with time zone NOT NULL,
	"project" text NOT NULL,
	"key" text NOT NULL,
	"caller" text NOT NULL,
	"model" text NOT NULL,
	"version" text NOT NULL,
	"status" integer NOT NULL,
	"requests" bigint NOT NULL,
	"tokens" bigint NOT NULL,
	"bytes" bigint NOT NULL,
	"milliseconds" double precision NOT NULL,
	CONSTRAINT "usage_project_hour_key_caller_model_version_status_pk" PRIMARY KEY("project","hour","key","caller","model","version","status")
);
--> statement-breakpoint
CREATE TABLE "users" (
	"name" text PRIMARY KEY NOT NULL,
	"password" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"signed_in_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_user_users_name_fk" FOREIGN KEY ("user") REFERENCES "public"."users"("name") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_project_projects_name_fk" FOREIGN KEY ("project") REFERENCES "public"."projects"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "quotas" ADD CONSTRAINT "quotas_project_projects_name_fk" FOREIGN KEY ("project") REFERENCES "public"."projects"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_users_name_fk" FOREIGN KEY ("user") REFERENCES "public"."users"("name") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_project_projects_name_fk" FOREIGN KEY ("project") REFERENCES "public"."projects"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage" ADD CONSTRAINT "usage_project_projects_name_fk" FOREIGN KEY ("project") REFERENCES "public"."projects"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "members_by_project" ON "members" USING btree ("project");--> statement-breakpoint
CREATE INDEX "sessions_by_user" ON "sessions" USING btree ("user");