CREATE TABLE "challengers" (
	"model" uuid NOT NULL,
	"version" integer NOT NULL,
	"share" double precision NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "challengers_model_version_pk" PRIMARY KEY("model","version")
);
--> statement-breakpoint
ALTER TABLE "deployments" ADD COLUMN "batch_size" integer;--> statement-breakpoint
ALTER TABLE "deployments" ADD COLUMN "batch_window" double precision;--> statement-breakpoint
ALTER TABLE "challengers" ADD CONSTRAINT "challengers_model_deployments_model_fk" FOREIGN KEY ("model") REFERENCES "public"."deployments"("model") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "challengers" ADD CONSTRAINT "challengers_model_version_versions_model_version_fk" FOREIGN KEY ("model","version") REFERENCES "public"."versions"("model","version") ON DELETE no action ON UPDATE no action;