{{- define "purser.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 45 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 45 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{- define "purser.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "purser.labels" -}}
{{ include "purser.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | quote }}
{{- end }}

{{- define "purser.image" -}}
{{- if .Values.image.digest }}{{ .Values.image.repository }}@{{ .Values.image.digest }}{{ else }}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end -}}
{{- end }}

{{- define "purser.secret" -}}
{{- if .Values.existingSecret }}{{ .Values.existingSecret }}{{ else }}{{ include "purser.name" . }}{{ end -}}
{{- end }}

{{- define "purser.serviceAccount" -}}
{{- if .Values.serviceAccount.name }}{{ .Values.serviceAccount.name }}{{ else if .Values.serviceAccount.create }}{{ include "purser.name" . }}{{ else }}default{{ end -}}
{{- end }}

{{/* What must be said, in a sentence each. */}}
{{- define "purser.check" -}}
{{- if not .Values.hosts }}{{ fail "Set hosts: the names this site answers to, such as {purser.example.org}." }}{{ end }}
{{- if not .Values.existingSecret }}
{{- range $key := list "secretKey" "databaseUrl" "redisUrl" }}
{{- if not (index $.Values.secrets $key) }}{{ fail (printf "Set existingSecret, or secrets.%s: there are no default secrets." $key) }}{{ end }}
{{- end }}
{{- end }}
{{- $read := list }}
{{- range $name, $worker := .Values.workers }}
{{- range $queue := $worker.queues }}
{{- if has $queue $read }}{{ fail (printf "The queue %s is read by two kinds of worker; give it to one." $queue) }}{{ end }}
{{- $read = append $read $queue }}
{{- end }}
{{- end }}
{{- range $queue := list "provisioning" "recovery" "autoscaling" "telemetry" "metering" "default" }}
{{- if not (has $queue $read) }}{{ fail (printf "No worker reads the queue %s; add it to one of workers.*.queues." $queue) }}{{ end }}
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.tls.secretName) }}{{ fail "Set ingress.tls.secretName: cookies and HSTS need https." }}{{ end }}
{{- if and .Values.backup.enabled (not .Values.backup.existingClaim) }}{{ fail "Set backup.existingClaim: the volume that backups are written to." }}{{ end }}
{{- if and .Values.web.autoscaling.enabled (lt (int .Values.web.autoscaling.maxReplicas) (int .Values.web.autoscaling.minReplicas)) }}{{ fail "web.autoscaling.maxReplicas is below minReplicas." }}{{ end }}
{{- end }}

{{- define "purser.environment" -}}
- {name: PURSER_ENV, value: production}
- {name: PURSER_DATA_DIR, value: /run/purser}
- {name: ALLOWED_HOSTS, value: {{ join "," .Values.hosts | quote }}}
- {name: TRUSTED_PROXIES, value: {{ join "," .Values.trustedProxies | quote }}}
- {name: LOG_LEVEL, value: {{ .Values.logLevel | quote }}}
- {name: DATABASE_SSLMODE, value: {{ .Values.database.sslmode | quote }}}
- {name: ALIVE_FILE, value: /run/purser/alive}
- {name: PROMETHEUS_MULTIPROC_DIR, value: /run/purser/metrics}
- {name: SECRET_KEY_FILE, value: /run/secrets/purser/secret-key}
- {name: DATABASE_URL_FILE, value: /run/secrets/purser/database-url}
- {name: REDIS_URL_FILE, value: /run/secrets/purser/redis-url}
{{- range $name, $key := dict "METRICS_TOKEN" "metrics-token" "TOKEN_PEPPERS" "token-peppers" "ENCRYPTION_KEYS" "encryption-keys" }}
- name: {{ $name }}
  valueFrom: {secretKeyRef: {name: {{ include "purser.secret" $ | quote }}, key: {{ $key }}, optional: true}}
{{- end }}
{{- with .Values.env }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "purser.container" -}}
image: {{ include "purser.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
env:
  {{- include "purser.environment" . | nindent 2 }}
{{- with .Values.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  - {name: secrets, mountPath: /run/secrets/purser, readOnly: true}
  - {name: run, mountPath: /run/purser}
  - {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "purser.pod" -}}
serviceAccountName: {{ include "purser.serviceAccount" .root }}
automountServiceAccountToken: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
terminationGracePeriodSeconds: {{ .root.Values.terminationGracePeriodSeconds }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.affinity }}
affinity: {{ toYaml . | nindent 2 }}
{{- end }}
{{- if .root.Values.topologySpread }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "purser.selector" . | nindent 8 }}
{{- end }}
volumes:
  - name: secrets
    secret:
      secretName: {{ include "purser.secret" .root | quote }}
      defaultMode: 0440
      items:
        - {key: secret-key, path: secret-key}
        - {key: database-url, path: database-url}
        - {key: redis-url, path: redis-url}
  - {name: run, emptyDir: {medium: Memory, sizeLimit: 64Mi}}
  - {name: tmp, emptyDir: {sizeLimit: 256Mi}}
{{- end }}

{{- define "purser.podMetadata" -}}
labels:
  {{- include "purser.labels" . | nindent 2 }}
  {{- with .root.Values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  {{- if not .root.Values.existingSecret }}
  checksum/secret: {{ toJson .root.Values.secrets | sha256sum }}
  {{- end }}
  kubectl.kubernetes.io/default-container: {{ .component }}
  {{- with .root.Values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
