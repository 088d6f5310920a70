import type { Content } from '../parts/content';

/** Something to begin with: it shows what Liquid can do, and holds in every mail program. */
export const starter: Content & { name: string } = {
  name: 'Welcome',
  subject: 'Welcome, {{ contact.firstName | default: "friend" }}',
  preheader: 'Three things to try first',
  text: '',
  html: `<html>
  <body style="margin:0; background:#f1f3f5; font-family:Arial, sans-serif; color:#212529">
    <table role="presentation" width="100%" cellpadding="0" cellspacing="0">
      <tr>
        <td align="center" style="padding:24px 12px">
          <table role="presentation" cellpadding="0" cellspacing="0" style="width:100%; max-width:560px; background:#ffffff; border-radius:8px">
            <tr>
              <td style="padding:32px">
                <h1 style="margin:0 0 16px; font-size:24px">Hello {{ contact.firstName | default: "there" }}</h1>
                <p style="margin:0 0 16px; font-size:16px; line-height:24px">
                  It is good to have you with us.
                  {% if contact.metadata.plan %}You are on the {{ contact.metadata.plan }} plan.{% endif %}
                </p>
                <a href="https://example.com/start" style="display:inline-block; padding:12px 20px; background:#3b5bdb; color:#ffffff; text-decoration:none; border-radius:6px">Begin here</a>
              </td>
            </tr>
          </table>
          <p style="font-size:12px; color:#5c636a">
            <a href="{{ unsubscribe_url }}" style="color:#5c636a">Unsubscribe</a>
          </p>
        </td>
      </tr>
    </table>
  </body>
</html>
`,
};

export const blank: Content & { name: string } = {
  name: '',
  subject: '',
  preheader: '',
  text: '',
  html: '<p>Hello {{ contact.firstName }}</p>\n',
};
